// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import static io.varve.broker.shard.ShardBroker.P0;
import static io.varve.broker.shard.ShardBroker.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.broker.log.ShardCommand;
import io.varve.broker.raft.LogPosition;
import io.varve.manifest.PartitionId;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.state.PartitionState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What Ratis does that would cost data or hang, each with a test that notices: one broker, real
/// Ratis, a disk that fails.
class ShardTrapsTest {
    @TempDir Path directory;

    private final MemoryFrameLog log = new MemoryFrameLog();

    @Test
    void failedFlushStopsTheProcessAndNothingIsAcknowledgedAfterIt() throws Exception {
        try (ShardBroker broker = ShardBroker.single(directory, log)) {
            broker.open(P0);
            log.failFlushes = true;

            AppendTicket lost = broker.append(P0, TestBatches.plain(1));
            Awaitility.await()
                    .atMost(10, TimeUnit.SECONDS)
                    .until(() -> !broker.fatal.facts.isEmpty());
            log.failFlushes = false;
            // Together they fill a frame, which does not wait for the one that is lost.
            AppendTicket later = broker.append(P0, TestBatches.sized(600_000));
            AppendTicket _ = broker.append(P0, TestBatches.sized(600_000));

            assertThat(broker.fatal.facts)
                    .anySatisfy(fact -> assertThat(fact).contains("flush of the shard log failed"));
            assertThat(get(later.done())).isInstanceOf(AppendOutcome.Refused.class);
            assertThat(lost.done().getNow(null) instanceof AppendOutcome.Appended).isFalse();
            assertThat(broker.shard.partition(P0).orElseThrow().highWatermark()).isZero();
        }
    }

    @Test
    void failedWriteStopsTheProcess() throws Exception {
        try (ShardBroker broker = ShardBroker.single(directory, log)) {
            broker.open(P0);
            log.failWrites = true;

            AppendTicket lost = broker.append(P0, TestBatches.plain(1));
            Awaitility.await()
                    .atMost(10, TimeUnit.SECONDS)
                    .until(() -> !broker.fatal.facts.isEmpty());

            assertThat(broker.fatal.facts)
                    .anySatisfy(fact -> assertThat(fact).contains("write of a frame failed"));
            assertThat(lost.done().getNow(null) instanceof AppendOutcome.Appended).isFalse();
        }
    }

    @Test
    void keepsEveryAcknowledgedRecordOverAPowerCut() throws Exception {
        Path after = directory.resolve("after");
        long acknowledged = 0;
        try (ShardBroker broker = ShardBroker.single(directory.resolve("before"), log)) {
            broker.open(P0);
            List<AppendTicket> tickets = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                tickets.add(broker.append(P0, TestBatches.plain(1 + i % 3)));
            }
            for (AppendTicket ticket : tickets.subList(0, 150)) {
                acknowledged = ((AppendOutcome.Appended) get(ticket.done())).endOffset();
            }
            // No close: what Ratis and the log have on disk at this moment.
            copy(directory.resolve("before"), after);
            log.powerCut();
        }

        try (ShardBroker broker = ShardBroker.single(after, log)) {
            PartitionView partition = broker.shard.partition(P0).orElseThrow();
            assertThat(partition.highWatermark()).isGreaterThanOrEqualTo(acknowledged);
            for (var entry : log.committed.entrySet()) {
                long term = entry.getValue().writerTerm();
                if (entry.getValue().bodyBytes() > 0) {
                    assertThat(log.readBody(term, entry.getKey()).remaining())
                            .isEqualTo(entry.getValue().bodyBytes());
                }
            }
            assertThat(get(broker.append(P0, TestBatches.plain(1)).done()))
                    .isInstanceOfSatisfying(
                            AppendOutcome.Appended.class,
                            appended ->
                                    assertThat(appended.baseOffset())
                                            .isEqualTo(partition.highWatermark() - 1));
        }
    }

    @Test
    void flushesPerCommitDoNotDependOnTheNumberOfPartitions() throws Exception {
        try (ShardBroker broker = ShardBroker.single(directory, log)) {
            int few = flushesFor(broker, 1, 0);
            int many = flushesFor(broker, 500, 1);

            assertThat(few).isPositive();
            // All partitions share frames; 500 batches that wait together are a handful of frames,
            // whoever they belong to.
            assertThat(many).isLessThanOrEqualTo(few + 4);
        }
    }

    private int flushesFor(ShardBroker broker, int partitions, int topic) {
        List<PartitionId> ids =
                IntStream.range(0, partitions)
                        .mapToObj(i -> new PartitionId(new Uuid(9, topic), i))
                        .toList();
        var opened =
                ids.stream()
                        .map(id ->
                                broker.shard.submit(
                                        new ShardCommand.OpenPartition(id, "topic", "{}", 0, 0)))
                        .toList();
        opened.forEach(ShardBroker::get);
        int before = log.flushes.get();
        for (int round = 0; round < 10; round++) {
            // The same 500 batches a round, over one partition or over all.
            List<AppendTicket> tickets = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                tickets.add(broker.append(ids.get(i % partitions), TestBatches.plain(1)));
            }
            tickets.forEach(ticket ->
                    assertThat(get(ticket.done())).isInstanceOf(AppendOutcome.Appended.class));
        }
        return (log.flushes.get() - before + 9) / 10;
    }

    @Test
    void batchThatRaftCouldNotTakeIsRefusedBeforeItCostsTheLeadership() throws Exception {
        try (ShardBroker broker = ShardBroker.single(directory, log)) {
            broker.open(P0);
            AppendRules rules =
                    new AppendRules(
                            Integer.MAX_VALUE,
                            AppendRules.DEFAULT.timestampType(),
                            Long.MAX_VALUE,
                            Long.MAX_VALUE,
                            null,
                            false);
            java.nio.ByteBuffer huge = TestBatches.sized(broker.limits.batchBytesMax() + 1);
            java.nio.ByteBuffer large = TestBatches.sized(broker.limits.batchBytesMax() - 100);

            AppendTicket refused =
                    broker.shard.append(
                            new AppendRequest(P0, huge, Acks.ALL, Origin.CLIENT, rules));
            AppendTicket fits =
                    broker.shard.append(
                            new AppendRequest(P0, large, Acks.ALL, Origin.CLIENT, rules));

            assertThat(get(refused.done()))
                    .isInstanceOfSatisfying(
                            AppendOutcome.Refused.class,
                            outcome ->
                                    assertThat(outcome.error())
                                            .isEqualTo(Errors.MESSAGE_TOO_LARGE));
            assertThat(get(fits.done())).isInstanceOf(AppendOutcome.Appended.class);
            assertThat(broker.shard.leadership()).isEqualTo(new Leadership.Ready(1));
        }
    }

    @Test
    void manyWritesAtOnceStayBelowRatissLimits() throws Exception {
        try (ShardBroker broker = ShardBroker.single(directory, log)) {
            broker.open(P0);
            List<AppendTicket> tickets = new ArrayList<>();
            for (int i = 0; i < 10_000; i++) {
                tickets.add(broker.append(P0, TestBatches.plain(1)));
            }

            // Every one is answered by offsets: none met ResourceUnavailable, which leaks a permit
            // each.
            tickets.forEach(ticket ->
                    assertThat(get(ticket.done())).isInstanceOf(AppendOutcome.Appended.class));
            assertThat(broker.shard.leadership()).isEqualTo(new Leadership.Ready(1));
        }
    }

    @Test
    void goesOnInANewTermAfterSteppingDown() throws Exception {
        try (ShardBroker broker = ShardBroker.single(directory, log)) {
            broker.open(P0);
            get(broker.append(P0, TestBatches.idempotent(5, 0, 0, 2)).done());

            broker.group().stepDown();
            Awaitility.await()
                    .atMost(20, TimeUnit.SECONDS)
                    .until(() -> broker.shard.leadership().equals(new Leadership.Ready(2)));

            assertThat(get(broker.append(P0, TestBatches.idempotent(5, 0, 2, 2)).done()))
                    .isInstanceOfSatisfying(
                            AppendOutcome.Appended.class,
                            appended -> assertThat(appended.baseOffset()).isEqualTo(2));
            assertThat(broker.shard.partition(P0).orElseThrow().epochs())
                    .extracting(epoch -> epoch.epoch() + "@" + epoch.startOffset())
                    .containsExactly("1@0", "2@2");
        }
    }

    @Test
    void startsBehindTheFloorAndReplaysOnlyWhatIsAboveIt() throws Exception {
        ShardBroker broker = ShardBroker.single(directory, log);
        try {
            broker.open(P0);
            for (int i = 0; i < 50; i++) {
                get(broker.append(P0, TestBatches.plain(1)).done());
            }
            long endIndex = broker.shard.appliedEndIndex();
            PartitionView partition = broker.shard.partition(P0).orElseThrow();
            broker.bucket.put(endIndex, checkpoint(endIndex, partition.state()));

            CommandOutcome raised =
                    get(broker.shard.submit(new ShardCommand.RaiseFloor(endIndex, 1)));
            assertThat(raised).isInstanceOf(CommandOutcome.Applied.class);
            Awaitility.await()
                    .atMost(10, TimeUnit.SECONDS)
                    .until(() -> broker.shard.floorEnd() == endIndex);
            get(broker.append(P0, TestBatches.plain(7)).done());
        } finally {
            broker.close();
        }
        log.committed.clear();

        try (ShardBroker again = ShardBroker.single(directory, log)) {
            assertThat(again.shard.partition(P0).orElseThrow().highWatermark()).isEqualTo(57);
            assertThat(log.committed.firstKey()).isGreaterThanOrEqualTo(again.shard.floorEnd());
        }
    }

    @Test
    void anInstallWaitsUntilTheBucketHasACheckpointThatReachesFarEnough() throws Exception {
        try (ShardBroker broker = ShardBroker.single(directory, log)) {
            broker.open(P0);
            PartitionState state = broker.shard.partition(P0).orElseThrow().state();
            broker.bucket.put(5L, checkpoint(5, state));

            CompletableFuture<LogPosition> installed =
                    broker.shard.replicatedLog().installCheckpoint(100);
            // One that ends too early does not help, and is no failure either.
            Awaitility.await()
                    .during(1_500, TimeUnit.MILLISECONDS)
                    .until(() -> !installed.isDone());
            broker.bucket.put(120L, checkpoint(120, state));

            assertThat(get(installed)).isEqualTo(new LogPosition(1, 119));
            assertThat(broker.shard.floorEnd()).isEqualTo(120);

            // One that comes late takes nothing back.
            broker.bucket.remove(120L);
            broker.bucket.put(110L, checkpoint(110, state));
            assertThat(get(broker.shard.replicatedLog().installCheckpoint(100)))
                    .isEqualTo(new LogPosition(1, 119));
            assertThat(broker.shard.floorEnd()).isEqualTo(120);
            assertThat(LocalShard.checkpointIn(directory.resolve("shard")).orElseThrow().endIndex())
                    .isEqualTo(120);
        }
    }

    private static ShardCheckpoint checkpoint(long endIndex, PartitionState state) {
        return new ShardCheckpoint(
                "cluster",
                ShardBroker.SHARD,
                endIndex,
                1,
                0,
                List.of(state),
                List.of(),
                List.of(),
                List.of(),
                List.of());
    }

    @Test
    void tellsHowLongEachCommitTook() throws Exception {
        try (ShardBroker broker = ShardBroker.single(directory, log)) {
            broker.open(P0);
            get(broker.append(P0, TestBatches.plain(1)).done());

            Awaitility.await().until(() -> broker.commitTimesNs.size() == 2);
            assertThat(broker.commitTimesNs).allMatch(nanos -> nanos > 0);
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else if (!file.getFileName().toString().equals("in_use.lock")) {
                    Optional<byte[]> bytes = Optional.of(Files.readAllBytes(file));
                    Files.write(target, bytes.get());
                }
            }
        }
    }
}
