// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.archiver.ArchiveSettings;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.batch.Batches;
import io.varve.manifest.checkpoint.CheckpointStore;
import io.varve.manifest.checkpoint.JournalRef;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.pack.PackReader;
import io.varve.manifest.pack.PackSection;
import io.varve.manifest.partition.ManifestStore;
import io.varve.manifest.partition.PageRef;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentEntry;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What the bucket holds of one shard, looked at from outside. Every pack is read whole when it is
/// seen first: objects do not change. Owner: the simulation.
final class BucketView {
    private static final long GRACE_MS = ArchiveSettings.defaults().cleaning().graceMs();

    private final ObjectStore bucket;
    private final ShardId shard;
    private final TrueLog truth;
    private final Map<String, PackIndex> packs = new HashMap<>();
    private final Map<String, Long> sizes = new TreeMap<>();
    private final Map<PartitionId, PartitionManifest> manifests = new HashMap<>();
    private final List<String> named = new ArrayList<>();

    /// When each object was seen to be named last.
    private final Map<String, Long> namedAtMs = new TreeMap<>();

    private final VirtualClock clock;
    private @Nullable ShardCheckpoint newest;

    BucketView(ObjectStore bucket, ShardId shard, TrueLog truth, VirtualClock clock) {
        this.clock = clock;
        this.bucket = bucket;
        this.shard = shard;
        this.truth = truth;
    }

    /// Looks anew: new packs hold what was visible, and nothing that is named is missing.
    void look(Map<PartitionId, String> topics) throws ObjectStoreException {
        sizes.clear();
        for (ObjectInfo object : WholeObjects.list(bucket, "")) {
            sizes.put(object.key(), object.bytes());
        }
        newest = CheckpointStore.newest(bucket, shard).orElse(null);
        nameJournals();
        for (String key : sizes.keySet()) {
            if (!packs.containsKey(key) && isPack(key)) {
                packs.put(key, read(key));
            }
        }
        manifests.clear();
        for (Map.Entry<PartitionId, String> topic : topics.entrySet()) {
            lookAtManifest(topic.getKey(), topic.getValue());
        }
        nothingWentEarly();
    }

    /// Who read a manifest or a checkpoint a while ago finds what it names.
    private void nothingWentEarly() {
        long now = clock.millis();
        named.forEach(key -> namedAtMs.put(key, now));
        namedAtMs.forEach((key, atMs) ->
                assertThat(sizes.containsKey(key) || now - atMs >= GRACE_MS)
                        .as("gone %s ms after it was named: key=%s", now - atMs, key)
                        .isTrue());
        namedAtMs.keySet().retainAll(sizes.keySet());
    }

    private boolean isPack(String key) {
        return switch (BucketKeys.parse(key)) {
            case ObjectName.Journal journal -> named.contains(key) || key.startsWith(prefix());
            case ObjectName.RollUp rollUp -> named.contains(key);
            case ObjectName.Segment segment -> true;
            default -> false;
        };
    }

    private String prefix() {
        return BucketKeys.journalPrefix(shard);
    }

    private PackIndex read(String key) throws ObjectStoreException {
        PackIndex index = PackReader.parse(ByteBuffer.wrap(WholeObjects.read(bucket, key)), key);
        for (PackSection section : index.sections()) {
            if (section.hasRecords() && truth.parts().containsKey(section.partition())) {
                for (BatchHeader batch : Batches.in(PackReader.readSection(bucket, key, section))) {
                    batch.verify();
                    truth.check(section.partition(), batch, key);
                }
            }
        }
        return index;
    }

    private void nameJournals() {
        named.clear();
        long end = 0;
        if (newest != null) {
            end = newest.endIndex();
            for (JournalRef ref : newest.journals()) {
                assertThat(sizes)
                        .as("needed by the checkpoint at %s of %s", end, shard)
                        .containsEntry(ref.key(), ref.bytes());
                named.add(ref.key());
            }
        }
        for (String key : sizes.keySet()) {
            if (key.startsWith(prefix())
                    && BucketKeys.parse(key) instanceof ObjectName.Journal journal
                    && journal.firstIndex() >= end) {
                named.add(key);
            }
        }
    }

    private void lookAtManifest(PartitionId id, String topic) throws ObjectStoreException {
        Optional<PartitionManifest> found =
                ManifestStore.newest(bucket, topic, id, shard.generation());
        if (found.isEmpty()) {
            return;
        }
        PartitionManifest manifest = found.get();
        manifests.put(id, manifest);
        List<SegmentEntry> entries = new ArrayList<>();
        for (PageRef page : manifest.pages()) {
            entries.addAll(ManifestStore.readPage(bucket, topic, id, page).rows().entries());
        }
        entries.addAll(manifest.entries());
        for (SegmentEntry entry : entries) {
            String key = entry.key(topic, id);
            assertThat(sizes)
                    .as("named by %s of %s", manifest.ref(), topic)
                    .containsEntry(key, entry.bytes());
            namedAtMs.put(key, clock.millis());
        }
    }

    /// End of the newest checkpoint; 0 when there is none.
    long checkpointEnd() {
        return newest == null ? 0 : newest.endIndex();
    }

    /// End of what segment objects hold of a partition.
    long archivedEnd(PartitionId id) {
        PartitionManifest manifest = manifests.get(id);
        return manifest == null ? 0 : manifest.archivedEnd();
    }

    /// Where the run that holds this offset ends; the offset itself when nothing that is named
    /// holds it.
    long heldUntil(PartitionId id, long offset) {
        if (offset < archivedEnd(id)) {
            return archivedEnd(id);
        }
        for (String key : named) {
            PackIndex index = packs.get(key);
            Optional<PackSection> section = index == null ? Optional.empty() : index.section(id);
            if (section.isPresent()
                    && section.get().baseOffset() <= offset
                    && offset < section.get().endOffset()) {
                return section.get().endOffset();
            }
        }
        return offset;
    }
}
