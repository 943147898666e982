// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.CheckpointStore;
import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.checkpoint.JournalRef;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.hold.MarkerCodec;
import io.varve.manifest.hold.NamedManifest;
import io.varve.manifest.hold.RestorePoint;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.partition.Gap;
import io.varve.manifest.partition.ManifestCodec;
import io.varve.manifest.partition.ManifestRank;
import io.varve.manifest.partition.ManifestStore;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentEntry;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.state.PartitionState.ManifestRef;
import io.varve.manifest.whole.JsonDocument;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/// A bucket to be damaged, and the ways to do it. Each gives the key that an audit is to name.
/// Owner: one test.
final class DamagedBucket {
    final LivedCluster lived;
    final MemoryObjectStore store;
    final BucketBuilder cluster;
    final PartitionId orders;

    DamagedBucket() throws Exception {
        this(AuditedBuckets.lived(8));
    }

    DamagedBucket(LivedCluster lived) {
        this.lived = lived;
        this.store = lived.store;
        this.cluster = lived.cluster;
        this.orders = cluster.id("orders", 0);
    }

    String gone(String key) throws Exception {
        assertThat(store.head(key)).as(key).isPresent();
        store.delete(List.of(key));
        return key;
    }

    String put(String key, byte[] bytes) throws Exception {
        store.put(key, ObjectBody.of(bytes), PutMode.OVERWRITE);
        return key;
    }

    byte[] read(String key) throws Exception {
        return WholeObjects.read(store, key);
    }

    String flipped(String key, int at) throws Exception {
        byte[] bytes = read(key);
        bytes[at] ^= 4;
        return put(key, bytes);
    }

    String cutTo(String key, int length) throws Exception {
        return put(key, Arrays.copyOf(read(key), length));
    }

    String tooNew(String key, String format) throws Exception {
        return put(key, JsonDocument.write(format, 99, JsonDocument.node().put("later", true)));
    }

    PartitionManifest newest() throws Exception {
        return newest(orders);
    }

    PartitionManifest newest(PartitionId id) throws Exception {
        return ManifestStore.newest(store, "orders", id, 1).orElseThrow();
    }

    String manifestKey(PartitionManifest manifest) {
        return BucketKeys.manifest(
                manifest.topicName(), manifest.id(), manifest.generation(), manifest.version());
    }

    String versionKey(long version) {
        return BucketKeys.manifest("orders", orders, 1, version);
    }

    String segment() throws Exception {
        return segment(orders);
    }

    String segment(PartitionId id) throws Exception {
        return newest(id).entries().getFirst().key("orders", id);
    }

    /// The newest version, changed without a check.
    String changed(UnaryOperator<PartitionManifest> change) throws Exception {
        PartitionManifest newest = newest();
        return put(manifestKey(newest), ManifestCodec.encode(change.apply(newest)));
    }

    static PartitionManifest with(
            PartitionManifest old, List<SegmentEntry> entries, List<Gap> gaps) {
        return copy(
                old, old.rank(), old.logStart(), entries, gaps, old.doomed(), old.epochStarts());
    }

    static PartitionManifest withStart(PartitionManifest old, long logStart) {
        return copy(
                old, old.rank(), logStart, List.of(), List.of(), old.doomed(), old.epochStarts());
    }

    static PartitionManifest withEpochs(PartitionManifest old, List<EpochStart> epochs) {
        return copy(
                old, old.rank(), old.logStart(), old.entries(), old.gaps(), old.doomed(), epochs);
    }

    static PartitionManifest ofLowerRank(PartitionManifest old) {
        ManifestRank rank = new ManifestRank(old.generation(), 0, old.rank().term() - 1);
        return copy(
                old,
                rank,
                old.logStart(),
                old.entries(),
                old.gaps(),
                old.doomed(),
                old.epochStarts());
    }

    private static PartitionManifest copy(
            PartitionManifest old,
            ManifestRank rank,
            long logStart,
            List<SegmentEntry> entries,
            List<Gap> gaps,
            List<DoomedObject> doomed,
            List<EpochStart> epochs) {
        return new PartitionManifest(
                old.topicName(),
                old.id(),
                old.generation(),
                old.version(),
                rank,
                old.previous(),
                logStart,
                old.archivedEnd(),
                old.pages(),
                entries,
                gaps,
                doomed,
                old.doomedPages(),
                epochs);
    }

    String anotherBefore() throws Exception {
        PartitionManifest newest = newest();
        PartitionManifest before =
                ManifestStore.read(
                        store, "orders", orders, new ManifestRef(1, newest.version() - 1));
        put(versionKey(before.version()), ManifestCodec.encode(withEpochs(before, List.of())));
        return manifestKey(newest);
    }

    /// A gap in place of the last segment, whose records are gone from the journals' view too.
    String recordedLoss() throws Exception {
        PartitionManifest newest = newest();
        SegmentEntry last = newest.entries().getLast();
        return changed(manifest ->
                with(
                        manifest,
                        manifest.entries().subList(0, manifest.entries().size() - 1),
                        List.of(new Gap(last.baseOffset(), last.endOffset(), Gap.Reason.LOST))));
    }

    String doomedAndNamed() throws Exception {
        String key = segment();
        changed(manifest ->
                copy(
                        manifest,
                        manifest.rank(),
                        manifest.logStart(),
                        manifest.entries(),
                        manifest.gaps(),
                        List.of(new DoomedObject(key, 1, "test", Long.MAX_VALUE)),
                        manifest.epochStarts()));
        return key;
    }

    String otherCounts() throws Exception {
        SegmentEntry first = newest().entries().getFirst();
        changed(manifest -> {
            List<SegmentEntry> entries = new ArrayList<>(manifest.entries());
            entries.set(
                    0,
                    new SegmentEntry(
                            first.baseOffset(),
                            first.endOffset(),
                            first.objectEndOffset(),
                            first.generation(),
                            first.madeForVersion(),
                            first.random(),
                            first.bytes(),
                            first.maxTimestampMs(),
                            first.recordCount() + 1,
                            first.indexCrc(),
                            false));
            return with(manifest, entries, manifest.gaps());
        });
        return segment();
    }

    String stray() throws Exception {
        return put(BucketKeys.segment("orders", orders, 0, 5, 1, 2, 77), read(segment()));
    }

    String strayAndOld() throws Exception {
        String key = stray();
        lived.clock.pass(Duration.ofHours(2));
        return key;
    }

    String newestCheckpoint(int shard) throws Exception {
        ShardId id = cluster.shard(shard).id;
        return BucketKeys.checkpoint(id, CheckpointStore.indexes(store, id).getLast());
    }

    String newestJournal(int shard) {
        return cluster.shard(shard).journals.getLast().key();
    }

    /// Between the checkpoint and the next journal.
    String holeBehindTheCheckpoint() throws Exception {
        String key = newestJournal(1);
        cluster.append("orders", 0, 1);
        cluster.journalAll();
        return gone(key);
    }

    String holeBetweenJournals() throws Exception {
        cluster.append("orders", 0, 1);
        cluster.journalAll();
        String key = newestJournal(1);
        cluster.append("orders", 0, 1);
        cluster.journalAll();
        return gone(key);
    }

    String newestJournalGone() throws Exception {
        cluster.append("orders", 0, 1);
        cluster.journalAll();
        cluster.segment(orders);
        return gone(newestJournal(1));
    }

    /// A checkpoint that dooms the journal of records that no segment holds.
    String neededAndDoomed() throws Exception {
        BucketBuilder.Shard shard = cluster.shardOf(cluster.id("orders", 1));
        List<JournalRef> refs = List.copyOf(shard.journals);
        cluster.append("orders", 1, 1);
        cluster.journal(shard.id.shard());
        ShardCheckpoint old = CheckpointStore.newest(store, shard.id).orElseThrow();
        String key = refs.getLast().key();
        CheckpointStore.put(
                store,
                new ShardCheckpoint(
                        old.clusterId(),
                        shard.id,
                        shard.index,
                        shard.term,
                        cluster.clock.millis(),
                        shard.ledgers.values().stream().map(ledger -> ledger.snapshot()).toList(),
                        old.closed(),
                        shard.journals.stream().filter(ref -> !ref.key().equals(key)).toList(),
                        List.of(new DoomedObject(key, 1, "test", Long.MAX_VALUE)),
                        old.metadata()));
        return key;
    }

    String restorePointOfNothing() throws Exception {
        String key = BucketKeys.journal(new ShardId(1, 1, 0), 777);
        RestorePoint point =
                new RestorePoint(
                        "before",
                        3,
                        0,
                        1,
                        List.of(
                                new RestorePoint.ShardPoint(
                                        new ShardId(1, 1, 0),
                                        778,
                                        CheckpointStore.indexes(store, new ShardId(1, 1, 0))
                                                .getLast(),
                                        List.of(key))),
                        List.of(new NamedManifest("orders", orders, newest().ref())));
        put(point.key(), MarkerCodec.encode(point));
        return key;
    }
}
