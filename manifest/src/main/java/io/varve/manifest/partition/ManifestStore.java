// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.partition;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.WrongIdentityException;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.state.PartitionState.ManifestRef;
import io.varve.manifest.whole.PutOnce;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Manifest versions in the bucket: commit, read, list. Keeps nothing. Thread-safe.
///
/// Every read throws [CorruptObjectException] for damage, also when the object is another one than
/// its key says, and [VersionTooNewException] for a later format.
public final class ManifestStore {
    private ManifestStore() {}

    /// What became of a commit.
    public sealed interface CommitResult {
        /// Our version is there.
        record Committed(PartitionManifest manifest) implements CommitResult {}

        /// Somebody newer leads: that version is theirs. Abandon what was made for ours, go on from
        /// theirs.
        record Superseded(PartitionManifest theirs) implements CommitResult {}
    }

    /// Puts a version, if absent. Two writers of one version cannot both succeed.
    ///
    /// @throws ObjectStoreException.Transient the outcome is unknown: commit the same manifest
    ///   again before anything else
    public static CommitResult commit(ObjectStore store, PartitionManifest next)
            throws ObjectStoreException {
        return commit(store, ManifestChange.of(next));
    }

    /// Puts new pages, then the version that names them, if absent.
    ///
    /// @throws ObjectStoreException.Transient the outcome is unknown: commit the same change again
    ///   before anything else
    public static CommitResult commit(ObjectStore store, ManifestChange change)
            throws ObjectStoreException {
        PartitionManifest next = change.manifest();
        ManifestInvariants.check(next);
        for (ManifestPage page : change.pages()) {
            putPage(store, page);
        }
        String key =
                BucketKeys.manifest(next.topicName(), next.id(), next.generation(), next.version());
        return switch (WholeObjects.putOnce(store, key, ManifestCodec.encode(next))) {
            case PutOnce.Ours<byte[]> ours -> new CommitResult.Committed(next);
            case PutOnce.Theirs<byte[]> theirs ->
                    new CommitResult.Superseded(
                            decode(theirs.value(), key, next.topicName(), next.id(), next.ref()));
        };
    }

    private static void putPage(ObjectStore store, ManifestPage page) throws ObjectStoreException {
        String key = page.key();
        if (WholeObjects.putOnce(store, key, PageCodec.encode(page)) instanceof PutOnce.Theirs) {
            throw new CorruptObjectException("another page has this name: object=" + key);
        }
    }

    /// Reads a page of a manifest.
    ///
    /// @throws ObjectStoreException.NotFound it is not there
    /// @throws CorruptObjectException it is damaged, or another one than the manifest names
    public static ManifestPage readPage(
            ObjectStore store, String topicName, PartitionId id, PageRef ref)
            throws ObjectStoreException {
        String key = ref.key(topicName, id);
        byte[] bytes = WholeObjects.read(store, key);
        ManifestPage page = PageCodec.decode(bytes, key, ref.random());
        if (!page.topicName().equals(topicName)
                || !page.id().equals(id)
                || !page.key().equals(key)
                || bytes.length != ref.bytes()
                || PageCodec.crc(bytes) != ref.crc()) {
            throw new WrongIdentityException(
                    "manifest page is another one than was named: object="
                            + key
                            + ", page="
                            + page.key()
                            + ", bytes="
                            + bytes.length
                            + ", expected="
                            + ref);
        }
        return page;
    }

    /// Reads one version.
    ///
    /// @throws ObjectStoreException.NotFound it is not there
    public static PartitionManifest read(
            ObjectStore store, String topicName, PartitionId id, ManifestRef ref)
            throws ObjectStoreException {
        String key = BucketKeys.manifest(topicName, id, ref.generation(), ref.version());
        return decode(WholeObjects.read(store, key), key, topicName, id, ref);
    }

    private static PartitionManifest decode(
            byte[] bytes, String key, String topicName, PartitionId id, ManifestRef ref) {
        return requireIdentity(ManifestCodec.decode(bytes, key), key, topicName, id, ref);
    }

    /// The manifest, when it is the one that its key says.
    ///
    /// @throws WrongIdentityException it is another one
    public static PartitionManifest requireIdentity(
            PartitionManifest manifest,
            String key,
            String topicName,
            PartitionId id,
            ManifestRef ref) {
        if (!manifest.topicName().equals(topicName)
                || !manifest.id().equals(id)
                || !manifest.ref().equals(ref)) {
            throw new WrongIdentityException(
                    "manifest is another one than its key says: object="
                            + key
                            + ", topic="
                            + manifest.topicName()
                            + ", partition="
                            + manifest.id()
                            + ", version="
                            + manifest.ref());
        }
        return manifest;
    }

    /// The first version of a generation; empty when that generation has not written any.
    public static Optional<PartitionManifest> firstOfGeneration(
            ObjectStore store, String topicName, PartitionId id, int generation)
            throws ObjectStoreException {
        ManifestRef first = new ManifestRef(generation, 1);
        String key = BucketKeys.manifest(topicName, id, generation, 1);
        Optional<byte[]> bytes = WholeObjects.find(store, key);
        return bytes.isEmpty()
                ? Optional.empty()
                : Optional.of(decode(bytes.get(), key, topicName, id, first));
    }

    /// All versions that a listing shows, oldest first: for failover, restore and audits only.
    public static List<ManifestRef> versions(ObjectStore store, String topicName, PartitionId id)
            throws ObjectStoreException {
        List<ManifestRef> versions = new ArrayList<>();
        for (ObjectInfo object :
                WholeObjects.list(store, BucketKeys.manifestPrefix(topicName, id))) {
            if (BucketKeys.parse(object.key()) instanceof ObjectName.Manifest manifest) {
                versions.add(new ManifestRef(manifest.generation(), manifest.version()));
            }
        }
        return versions;
    }

    /// The newest version up to a generation (inclusive); empty when the partition has none. By a
    /// listing.
    ///
    /// @throws CorruptObjectException the newest one is damaged: an older one would be the wrong
    ///   answer
    public static Optional<PartitionManifest> newest(
            ObjectStore store, String topicName, PartitionId id, int upToGeneration)
            throws ObjectStoreException {
        for (ManifestRef ref : versions(store, topicName, id).reversed()) {
            if (ref.generation() <= upToGeneration) {
                return Optional.of(read(store, topicName, id, ref));
            }
        }
        return Optional.empty();
    }
}
