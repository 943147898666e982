// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import static io.varve.broker.shard.ShardBroker.P0;
import static io.varve.broker.shard.ShardBroker.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.archiver.CommittedFrame;
import io.varve.archiver.ShardSource;
import io.varve.archiver.StepResult;
import io.varve.broker.log.LocalDisk;
import io.varve.broker.log.ShardCommand;
import io.varve.broker.log.ShardLog;
import io.varve.broker.log.ShardLogSettings;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.batch.Batches;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.pack.ControlFact;
import io.varve.manifest.state.PartitionState.ManifestRef;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// One broker, one shard, the shard log on disk: what was acknowledged is there after a restart,
/// the archiver sees every committed frame, and nothing leaves the disk that the bucket may not
/// hold.
class ShardOnDiskTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    @TempDir Path directory;

    private ShardLog log;

    private ShardBroker start() throws IOException {
        log =
                ShardLog.open(
                        new LocalDisk(directory.resolve("shard")),
                        ShardLogSettings.defaults().withFileBytes(64 << 10),
                        System::nanoTime,
                        new Random(7),
                        ForkJoinPool.commonPool());
        ShardBroker broker =
                new ShardBroker(
                        directory,
                        1,
                        ShardBroker.SHARD,
                        new ShardLogFrames(log),
                        new ConcurrentHashMap<>(),
                        ShardLimits.DEFAULT);
        broker.start(0);
        broker.join(List.of(broker.node.self()));
        broker.awaitReady();
        return broker;
    }

    @Test
    void readsBackEveryAcknowledgedRecordAfterARestart() throws Exception {
        ByteBuffer before;
        long end;
        try (ShardBroker broker = start()) {
            broker.open(P0);
            end = append(broker, 300);
            before = source(broker).readHot(P0, 0, end, 1 << 20);
            assertThat(offsets(before)).isEqualTo(end);
        }

        try (ShardBroker broker = start()) {
            assertThat(broker.shard.partition(P0).orElseThrow().highWatermark()).isEqualTo(end);
            assertThat(source(broker).readHot(P0, 0, end, 1 << 20)).isEqualTo(before);
            assertThat(append(broker, 1)).isGreaterThan(end);
        }
    }

    @Test
    void whatTheFloorCoversIsStillReadFromLocalDiskAfterARestart() throws Exception {
        ByteBuffer before;
        long end;
        try (ShardBroker broker = start()) {
            broker.open(P0);
            append(broker, 1_500);
            broker.group().stepDown(); // frames of two terms
            Awaitility.await()
                    .atMost(20, TimeUnit.SECONDS)
                    .until(() -> broker.shard.leadership().equals(new Leadership.Ready(2)));
            append(broker, 100);
            raiseFloor(broker);
            end = append(broker, 10);
            before = source(broker).readHot(P0, 0, end, 8 << 20);
        }

        for (int restart = 0; restart < 2; restart++) {
            try (ShardBroker broker = start()) {
                assertThat(broker.shard.floorEnd()).isPositive();
                PartitionView partition = broker.shard.partition(P0).orElseThrow();
                assertThat(partition.highWatermark()).isEqualTo(end);
                assertThat(partition.hotStart()).isZero();
                assertThat(source(broker).readHot(P0, 0, end, 8 << 20)).isEqualTo(before);
            }
        }
    }

    @Test
    void acksOneAndNoneAreAnsweredToo() throws Exception {
        try (ShardBroker broker = start()) {
            broker.open(P0);
            long end = 0;
            for (int i = 0; i < 50; i++) {
                for (Acks acks : Acks.values()) {
                    AppendTicket ticket =
                            broker.shard.append(
                                    new AppendRequest(
                                            P0,
                                            TestBatches.plain(1),
                                            acks,
                                            Origin.CLIENT,
                                            AppendRules.DEFAULT));
                    assertThat(((AppendOutcome.Appended) get(ticket.done())).baseOffset())
                            .isEqualTo(end++);
                }
            }
        }
    }

    @Test
    void theArchiverSeesEveryIndexOnceWithItsBytes() throws Exception {
        try (ShardBroker broker = start()) {
            broker.open(P0);
            long end = append(broker, 100);
            ShardArchiveSource source = source(broker);
            long first = source.firstReadableIndex();

            List<CommittedFrame> frames = new ArrayList<>();
            for (long at = first; at < source.appliedEndIndex(); at = first + frames.size()) {
                frames.addAll(source.frames(at, source.appliedEndIndex(), 2_000));
            }

            assertThat(frames).extracting(CommittedFrame::index).isSorted().doesNotHaveDuplicates();
            long next = 0;
            for (CommittedFrame frame : frames) {
                for (CommittedFrame.Slice slice : frame.slices()) {
                    if (slice instanceof CommittedFrame.Data data) {
                        assertThat(data.batches().getFirst().baseOffset()).isEqualTo(next);
                        for (BatchHeader batch : Batches.in(data.bytes())) {
                            batch.verify();
                            next = batch.endOffset();
                        }
                    }
                }
            }
            assertThat(next).isEqualTo(end);
            assertThat(frames.stream().flatMap(frame -> frame.slices().stream()))
                    .contains(
                            new CommittedFrame.Control(
                                    P0, "topic", new ControlFact.Opened(0, 0, "{}")));
            assertThat(source.termAt(first)).isEqualTo(OptionalLong.of(1));
        }
    }

    @Test
    void commandsOfTheArchiverAreAppliedAndEndWithTheLeadership() throws Exception {
        try (ShardBroker broker = start()) {
            broker.open(P0);
            long end = append(broker, 10);
            ShardArchiveSource source = source(broker);

            source.archived(P0, end - 1, new ManifestRef(1, 1));
            source.moveLogStart(P0, 2);

            ShardSource.HotPartition partition = source.partitions().getFirst();
            assertThat(partition.archivedEnd()).isEqualTo(end - 1);
            assertThat(partition.logStart()).isEqualTo(2);
            assertThat(partition.oldestUnarchivedMs())
                    .isEqualTo(OptionalLong.of(broker.clockMs.get()));
            assertThat(partition.unarchivedBytes()).isPositive();
            assertThatThrownBy(() -> source.archived(P0, end + 1, new ManifestRef(1, 2)))
                    .isInstanceOf(ShardSource.CommandFailedException.class);
            ShardArchiveSource older = new ShardArchiveSource(broker.shard, log, 0, TIMEOUT);
            assertThatThrownBy(() -> older.moveLogStart(P0, 3))
                    .isInstanceOf(ShardSource.CommandFailedException.class);
        }
    }

    @Test
    void freesAFileOnlyWhenTheFloorIsPastItAndItsRecordsAreArchivedAndPastLocalRetention()
            throws Exception {
        try (ShardBroker broker = start()) {
            broker.open(P0);
            LocalRetention nothingStays = retention(OptionalLong.of(0));
            HotRetention retention =
                    new HotRetention(
                            broker.shard,
                            log,
                            nothingStays,
                            () -> Instant.ofEpochMilli(broker.clockMs.get() + 10_000_000));
            long end = append(broker, 3_000);
            long files = log.counters().files();
            assertThat(files).isGreaterThan(3);

            runUntilIdle(retention);
            assertThat(log.counters().files()).as("not archived").isEqualTo(files);

            source(broker).archived(P0, end, new ManifestRef(1, 1));
            runUntilIdle(retention);
            assertThat(log.counters().files()).as("archived, no floor").isEqualTo(files);
            assertThat(broker.shard.partition(P0).orElseThrow().hotStart()).isEqualTo(end);

            append(broker, 1);
            raiseFloor(broker);
            Awaitility.await()
                    .atMost(20, TimeUnit.SECONDS)
                    .until(() -> {
                        runUntilIdle(retention);
                        return log.counters().files() < files;
                    });
            assertThat(broker.shard.raftLogStart().orElseThrow()).isPositive();
            assertThat(broker.shard.raftLogStart().orElseThrow())
                    .isLessThanOrEqualTo(broker.shard.floorEnd());
            assertThat(broker.fatal.facts).isEmpty();
        }
    }

    private void raiseFloor(ShardBroker broker) throws IOException {
        long endIndex = broker.shard.appliedEndIndex();
        broker.bucket.put(
                endIndex,
                new ShardCheckpoint(
                        "cluster",
                        ShardBroker.SHARD,
                        endIndex,
                        broker.group().role().term(),
                        broker.clockMs.get(),
                        List.of(broker.shard.partition(P0).orElseThrow().state()),
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of()));
        assertThat(
                        get(
                                broker.shard.submit(
                                        new ShardCommand.RaiseFloor(
                                                endIndex, broker.group().role().term()))))
                .isInstanceOf(CommandOutcome.Applied.class);
        Awaitility.await()
                .atMost(20, TimeUnit.SECONDS)
                .until(() -> broker.shard.floorEnd() == endIndex);
    }

    private static void runUntilIdle(HotRetention retention) {
        StepResult result = retention.step();
        while (result instanceof StepResult.Progressed) {
            result = retention.step();
        }
        assertThat(result).isInstanceOf(StepResult.Idle.class);
    }

    private static LocalRetention retention(OptionalLong ms) {
        return new LocalRetention() {
            @Override
            public Policy of(io.varve.manifest.PartitionId partition) {
                return new Policy(ms, OptionalLong.empty());
            }

            @Override
            public boolean underPressure() {
                return false;
            }
        };
    }

    private ShardArchiveSource source(ShardBroker broker) {
        return new ShardArchiveSource(
                broker.shard, log, broker.shard.leadership().readyTerm().orElseThrow(), TIMEOUT);
    }

    private static long append(ShardBroker broker, int batches) {
        List<AppendTicket> tickets = new ArrayList<>();
        for (int i = 0; i < batches; i++) {
            tickets.add(broker.append(P0, TestBatches.plain(1 + i % 4)));
        }
        long end = 0;
        for (AppendTicket ticket : tickets) {
            end = ((AppendOutcome.Appended) get(ticket.done())).endOffset();
        }
        return end;
    }

    private static long offsets(ByteBuffer batches) {
        long next = 0;
        for (BatchHeader batch : Batches.in(batches)) {
            batch.verify();
            assertThat(batch.baseOffset()).isEqualTo(next);
            next = batch.endOffset();
        }
        return next;
    }
}
