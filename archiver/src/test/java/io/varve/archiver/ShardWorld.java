// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.archiver.ArchivePolicies.Policy;
import io.varve.archiver.RecordedHotTier.Leader;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.batch.Batches;
import io.varve.manifest.checkpoint.CheckpointStore;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.key.BucketKeys;
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
import io.varve.objectstore.memory.MemoryObjectStore;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;

/// One shard, its bucket and its present archiver, stepped by the test.
final class ShardWorld {
    static final long INTERVAL_MS = 5_000;

    final ManualClock clock;
    final MemoryObjectStore memory;
    final SeamStore store;
    final RecordedHotTier tier;
    final ArchiveContext context;
    Policy policy =
            new Policy(OptionalLong.empty(), OptionalLong.empty(), 1 << 20, 3_600_000, false, true);
    Leader leader;
    ShardJobs jobs;

    ShardWorld(Path temporary) {
        this(temporary, ArchiveSettings.defaults());
    }

    ShardWorld(Path temporary, ArchiveSettings settings) {
        this.clock = new ManualClock();
        this.memory = new MemoryObjectStore(clock);
        this.store = new SeamStore(memory);
        this.tier = new RecordedHotTier(clock);
        this.context =
                new ArchiveContext(
                        store,
                        "cluster-1",
                        "test",
                        temporary,
                        settings,
                        clock,
                        new SplittableRandom(42));
        this.leader = tier.leader();
        this.jobs = newJobs();
    }

    private ShardWorld(ShardWorld older, RecordedHotTier tier) {
        this.clock = older.clock;
        this.memory = older.memory;
        this.store = older.store;
        this.context = older.context;
        this.tier = tier;
        this.leader = tier.leader();
        this.jobs = newJobs();
    }

    /// The same bucket, another shard.
    ShardWorld with(RecordedHotTier other) {
        return new ShardWorld(this, other);
    }

    private ShardJobs newJobs() {
        return new ShardJobs(context, leader, partition -> policy);
    }

    /// The archiver is gone; the next leader starts with what the bucket says.
    void failOver() {
        leader.leads = false;
        leader = tier.nextLeader();
        jobs = newJobs();
    }

    /// Steps everything until there is nothing to do.
    ///
    /// @return false as soon as something failed
    boolean settle() {
        for (int i = 0; i < 10_000; i++) {
            boolean idle = true;
            for (Stepper stepper : List.of(jobs.journals(), jobs.checkpoints(), jobs.manifests())) {
                StepResult result = stepper.step();
                if (result instanceof StepResult.Failed) {
                    return false;
                }
                assertThat(result).as(stepper.name()).isNotInstanceOf(StepResult.Stopped.class);
                idle &= result instanceof StepResult.Idle;
            }
            if (idle) {
                return true;
            }
        }
        throw new AssertionError("never idle");
    }

    /// Until all is done, whatever fails on the way.
    void settleStubbornly() {
        for (int i = 0; i < 100; i++) {
            if (settle()) {
                return;
            }
        }
        throw new AssertionError("fails for ever: " + jobs.status());
    }

    void passMs(long ms) {
        clock.advanceMs(ms);
        settleStubbornly();
    }

    void journal() {
        settleStubbornly();
        passMs(INTERVAL_MS);
    }

    void segment(PartitionId... ids) {
        journal();
        jobs.open().segmenter().ask(List.of(ids));
        settleStubbornly();
    }

    long checkpoint() {
        journal();
        var floor = jobs.open().checkpointer().demand();
        settleStubbornly();
        assertThat(floor).isCompleted();
        return floor.join();
    }

    Optional<PartitionManifest> manifest(PartitionId id) throws Exception {
        return ManifestStore.newest(memory, topic(id), id, tier.shard.generation());
    }

    String topic(PartitionId id) {
        return tier.ledgers.get(id).topicName();
    }

    List<String> keys(String prefix) {
        try {
            return WholeObjects.list(memory, prefix).stream().map(ObjectInfo::key).toList();
        } catch (ObjectStoreException e) {
            throw new AssertionError(e);
        }
    }

    /// All that the bucket alone gives of a partition: manifest's segments, then journals. Fails on
    /// holes and on anything that is there twice.
    ByteBuffer readFromBucket(PartitionId id) throws Exception {
        Optional<PartitionManifest> manifest = manifest(id);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        long next = -1;
        for (SegmentEntry entry :
                manifest.isEmpty() ? List.<SegmentEntry>of() : all(manifest.get())) {
            String key = entry.key(topic(id), id);
            PackIndex index = PackReader.open(memory, key, entry.bytes(), entry.indexCrc());
            next = add(all, memory, key, index.section(id).orElseThrow(), next);
        }
        if (next < 0 && manifest.isPresent()) {
            next = manifest.get().archivedEnd();
        }
        for (String key : keys(BucketKeys.journalPrefix(tier.shard))) {
            Optional<PackSection> section = PackReader.open(memory, key).section(id);
            if (section.isPresent()
                    && section.get().hasRecords()
                    && section.get().endOffset() > next) {
                next = add(all, memory, key, section.get(), next);
            }
        }
        return ByteBuffer.wrap(all.toByteArray());
    }

    /// What a manifest and its pages name.
    List<SegmentEntry> all(PartitionManifest manifest) throws Exception {
        List<SegmentEntry> entries = new ArrayList<>();
        for (PageRef page : manifest.pages()) {
            entries.addAll(
                    ManifestStore.readPage(memory, manifest.topicName(), manifest.id(), page)
                            .rows()
                            .entries());
        }
        entries.addAll(manifest.entries());
        return entries;
    }

    private static long add(
            ByteArrayOutputStream all,
            ObjectStore store,
            String key,
            PackSection section,
            long expected)
            throws Exception {
        long next = expected;
        for (BatchHeader batch : Batches.in(PackReader.readSection(store, key, section))) {
            if (next >= 0 && batch.endOffset() <= next) {
                continue;
            }
            assertThat(next < 0 || batch.baseOffset() <= next)
                    .as("hole in %s: expected %s, found %s", key, next, batch.baseOffset())
                    .isTrue();
            byte[] bytes = new byte[batch.sizeInBytes()];
            batch.bytes().get(bytes);
            all.writeBytes(bytes);
            next = batch.endOffset();
        }
        return next;
    }

    /// Everything that is still there is readable from the bucket, byte for byte, once.
    void assertBucketHoldsEverything() throws Exception {
        for (PartitionId id : tier.ledgers.keySet()) {
            long firstServed =
                    Math.max(
                            tier.ledgers.get(id).logStart(),
                            manifest(id).map(PartitionManifest::logStart).orElse(0L));
            ByteBuffer read = readFromBucket(id);
            ByteBuffer expected = tier.everything(id, firstServed);
            assertThat(read.remaining())
                    .as("bytes of %s", id)
                    .isGreaterThanOrEqualTo(expected.remaining());
            ByteBuffer tail = read.slice(read.limit() - expected.remaining(), expected.remaining());
            assertThat(tail).isEqualTo(expected);
        }
    }

    /// The first checkpoint of a restored shard that carries on the one of this world, as a restore
    /// puts it.
    ShardCheckpoint carriedOn(ShardId by) throws ObjectStoreException {
        ShardCheckpoint last = CheckpointStore.newest(memory, tier.shard).orElseThrow();
        return new ShardCheckpoint(
                last.clusterId(),
                by,
                0,
                0,
                last.lastFrameTimeMs(),
                last.partitions(),
                last.closed(),
                last.journals(),
                List.of(),
                List.of());
    }
}
