// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.generation;

import io.varve.manifest.ShardId;
import io.varve.manifest.WrongIdentityException;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.whole.PutOnce;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;

/// Whose bucket this is and which life of the cluster may write: identity, claims, cuts, signs of
/// life. Keeps nothing, judges nothing: who may claim is decided by the caller. Thread-safe.
///
/// Every read throws [CorruptObjectException] for damage and [VersionTooNewException] for a later
/// format.
public final class ClusterFiles {
    private ClusterFiles() {}

    /// `varve.json`; empty when the bucket (or prefix) holds no cluster.
    public static Optional<ClusterIdentity> identity(ObjectStore store)
            throws ObjectStoreException {
        String key = BucketKeys.varveJson();
        return WholeObjects.find(store, key).map(bytes -> GenerationCodec.identity(bytes, key));
    }

    /// Makes this the bucket of a cluster, if it is nobody's yet.
    public static PutOnce<ClusterIdentity> createIdentity(
            ObjectStore store, ClusterIdentity identity) throws ObjectStoreException {
        String key = BucketKeys.varveJson();
        return switch (WholeObjects.putOnce(store, key, GenerationCodec.encode(identity))) {
            case PutOnce.Ours<byte[]> ours -> new PutOnce.Ours<>(identity);
            case PutOnce.Theirs<byte[]> theirs ->
                    new PutOnce.Theirs<>(GenerationCodec.identity(theirs.value(), key));
        };
    }

    /// The highest generation that was claimed, by names alone: one listing. Empty before the
    /// first.
    public static OptionalInt newestGeneration(ObjectStore store) throws ObjectStoreException {
        List<Integer> generations = generations(store);
        return generations.isEmpty() ? OptionalInt.empty() : OptionalInt.of(generations.getLast());
    }

    /// All generations that were claimed, oldest first. Whatever is named for a generation says
    /// that it was claimed, also when the claim itself was lost.
    public static List<Integer> generations(ObjectStore store) throws ObjectStoreException {
        TreeSet<Integer> generations = new TreeSet<>();
        for (ObjectInfo object : WholeObjects.list(store, BucketKeys.CLAIMS_PREFIX)) {
            switch (BucketKeys.parse(object.key())) {
                case ObjectName.Claim name -> generations.add(name.generation());
                case ObjectName.CutOf name -> generations.add(name.generation());
                case ObjectName.Founder name -> generations.add(name.generation());
                case ObjectName.Alive name -> generations.add(name.generation());
                default -> {
                    // nobody's
                }
            }
        }
        return List.copyOf(generations);
    }

    /// The claim of a generation.
    public static Optional<GenerationClaim> claim(ObjectStore store, int generation)
            throws ObjectStoreException {
        String key = BucketKeys.claim(generation);
        Optional<byte[]> bytes = WholeObjects.find(store, key);
        return bytes.isEmpty()
                ? Optional.empty()
                : Optional.of(claim(bytes.get(), key, generation));
    }

    private static GenerationClaim claim(byte[] bytes, String key, int generation) {
        GenerationClaim claim = GenerationCodec.claim(bytes, key);
        checkGeneration(key, generation, claim.generation());
        return claim;
    }

    private static void checkGeneration(String key, int expected, int found) {
        if (found != expected) {
            throw new WrongIdentityException(
                    "document of another generation: object=" + key + ", generation=" + found);
        }
    }

    /// Claims a generation, if nobody has.
    public static PutOnce<GenerationClaim> claim(ObjectStore store, GenerationClaim claim)
            throws ObjectStoreException {
        String key = BucketKeys.claim(claim.generation());
        return switch (WholeObjects.putOnce(store, key, GenerationCodec.encode(claim))) {
            case PutOnce.Ours<byte[]> ours -> new PutOnce.Ours<>(claim);
            case PutOnce.Theirs<byte[]> theirs ->
                    new PutOnce.Theirs<>(claim(theirs.value(), key, claim.generation()));
        };
    }

    /// Where a generation starts, or that it was withdrawn; empty while that is open.
    public static Optional<Cut> cut(ObjectStore store, int generation) throws ObjectStoreException {
        String key = BucketKeys.cut(generation);
        Optional<byte[]> bytes = WholeObjects.find(store, key);
        return bytes.isEmpty() ? Optional.empty() : Optional.of(cut(bytes.get(), key, generation));
    }

    /// Whether a shard carries on one of an older generation, as its generation's cut says: then
    /// its first checkpoint must be there. Any other was born in its generation and began empty. A
    /// cut that is gone can deny nothing.
    public static boolean isRestored(ObjectStore store, ShardId shard) throws ObjectStoreException {
        if (shard.generation() == 1) {
            return false;
        }
        Optional<Cut> cut = cut(store, shard.generation());
        return cut.isEmpty() || cut.get().shards().stream().anyMatch(row -> row.to().equals(shard));
    }

    private static Cut cut(byte[] bytes, String key, int generation) {
        Cut cut = GenerationCodec.cut(bytes, key);
        checkGeneration(key, generation, cut.generation());
        return cut;
    }

    /// Decides where a generation starts, or that it never does (`withdrawn`): the first put
    /// decides, for everybody.
    public static PutOnce<Cut> decide(ObjectStore store, Cut cut) throws ObjectStoreException {
        String key = BucketKeys.cut(cut.generation());
        return switch (WholeObjects.putOnce(store, key, GenerationCodec.encode(cut))) {
            case PutOnce.Ours<byte[]> ours -> new PutOnce.Ours<>(cut);
            case PutOnce.Theirs<byte[]> theirs ->
                    new PutOnce.Theirs<>(cut(theirs.value(), key, cut.generation()));
        };
    }

    /// Makes this broker the one that opens a generation, if nobody has: a second broker on another
    /// empty directory must not open it too. `Theirs` may be an earlier word of the same peer.
    public static PutOnce<BrokerAlive> found(ObjectStore store, int generation, BrokerAlive founder)
            throws ObjectStoreException {
        String key = BucketKeys.founder(generation);
        return switch (WholeObjects.putOnce(store, key, GenerationCodec.encode(founder))) {
            case PutOnce.Ours<byte[]> ours -> new PutOnce.Ours<>(founder);
            case PutOnce.Theirs<byte[]> theirs ->
                    new PutOnce.Theirs<>(GenerationCodec.alive(theirs.value(), key));
        };
    }

    /// Who opened a generation; empty while nobody has.
    public static Optional<BrokerAlive> founder(ObjectStore store, int generation)
            throws ObjectStoreException {
        String key = BucketKeys.founder(generation);
        return WholeObjects.find(store, key).map(bytes -> GenerationCodec.alive(bytes, key));
    }

    /// Says that a broker of this generation lives; replaces its last word.
    ///
    /// @return what was stored, with the store's time
    public static ObjectInfo sayAlive(ObjectStore store, int generation, BrokerAlive alive)
            throws ObjectStoreException {
        String key = BucketKeys.alive(generation, alive.peer());
        return store.put(key, ObjectBody.of(GenerationCodec.encode(alive)), PutMode.OVERWRITE);
    }

    /// Signs of life of a generation, with the store's time of each: compare with
    /// [ObjectStore#serverTime].
    public static List<ObjectInfo> aliveOf(ObjectStore store, int generation)
            throws ObjectStoreException {
        return WholeObjects.list(store, BucketKeys.alivePrefix(generation));
    }

    /// What one sign of life says.
    public static BrokerAlive alive(ObjectStore store, String key) throws ObjectStoreException {
        return GenerationCodec.alive(WholeObjects.read(store, key), key);
    }
}
