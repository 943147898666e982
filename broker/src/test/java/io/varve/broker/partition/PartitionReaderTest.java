// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.partition;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.broker.cold.ColdTier;
import io.varve.broker.cold.TieredLog;
import io.varve.broker.network.OutgoingRecords;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.batch.Batches;
import io.varve.manifest.state.AbortedTxn;
import io.varve.objectstore.ByteRange;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.StoreOperation;
import io.varve.objectstore.faulty.Fault;
import io.varve.objectstore.faulty.FaultyObjectStore;
import io.varve.objectstore.faulty.ScriptedFaults;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.Record;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A log over segments, journals and rows on disk, read from every offset with random budgets; and
/// offsets by time against a search through all records.
class PartitionReaderTest {
    private static final int MIB = 1 << 20;
    private static final Instant NOW = Instant.ofEpochSecond(1_700_000_000);

    private final long seed = Long.getLong("sim.seed", new Random().nextLong());
    private final Random random = new Random(seed);
    private final ScriptedFaults faults = new ScriptedFaults();
    private final CountDownLatch delayed = new CountDownLatch(1);
    private final MemoryObjectStore bucket = new MemoryObjectStore(() -> NOW);
    private final FaultyObjectStore store =
            new FaultyObjectStore(bucket, faults, this::awaitRelease);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    @TempDir private Path directory;
    private TieredLog log;
    private FileRows rows;
    private PartitionReader reader;
    private ColdTier tier;

    @BeforeEach
    void open() throws IOException {
        tier = new ColdTier(store, directory.resolve("cache"), 64L * MIB, threads);
        log = new TieredLog(store, random);
        rows = new FileRows(directory.resolve("rows"));
        reader = new PartitionReader(rows, tier.reader(), () -> NOW);
    }

    @AfterEach
    void close() throws IOException {
        delayed.countDown();
        threads.close();
        rows.close();
    }

    private void awaitRelease(Duration time) {
        try {
            delayed.await(time.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Segments for a third, journals for the next, rows for the last and a half of that before.
    private void threeTiers(int bytes) throws IOException {
        for (int i = 0; i < 3; i++) {
            log.append(bytes / 9, 3_000);
            log.archive(log.end());
        }
        for (int i = 0; i < 3; i++) {
            long base = log.end();
            log.append(bytes / 9, 3_000);
            log.journal(base, log.end(), tier.journals(TieredLog.SHARD));
        }
        long journaledEnd = log.end();
        log.append(bytes / 3, 3_000);
        int hot = log.indexAt((log.view.archivedEnd + journaledEnd) / 2);
        rows.add(log, hot, log.batches.size(), random, 6);
        log.view.hotStart = log.batches.get(hot).baseOffset();
    }

    private ReadOutcome read(long offset, int maxBytes, boolean committedOnly) {
        while (true) {
            ReadOutcome outcome = reader.read(log.view, offset, maxBytes, committedOnly, true);
            if (!(outcome instanceof ReadOutcome.Pending pending)) {
                return outcome;
            }
            pending.loaded().handle((_, _) -> true).join();
        }
    }

    private static ByteBuffer bytes(ReadOutcome.Ready ready) throws IOException {
        return BatchReads.inMemory(ready.records());
    }

    @Test
    void everyOffsetOverAllTiersGivesIdenticalBytes() throws IOException {
        threeTiers(900_000);

        for (long offset = 0; offset < log.end(); offset++) {
            int maxBytes = 1 + random.nextInt(60_000);
            ReadOutcome outcome = read(offset, maxBytes, false);
            assertThat(outcome)
                    .as("seed=%d, offset=%d", seed, offset)
                    .isInstanceOf(ReadOutcome.Ready.class);
            ReadOutcome.Ready ready = (ReadOutcome.Ready) outcome;
            int first = log.indexAt(offset);
            int end = log.indexAt(ready.endOffset());
            ByteBuffer got = bytes(ready);
            assertThat(got)
                    .as("seed=%d, offset=%d, maxBytes=%d", seed, offset, maxBytes)
                    .isEqualTo(log.bytes(first, end));
            assertThat(got.remaining() <= maxBytes || end == first + 1).isTrue();
        }
        assertThat(rows.leases).hasValue(0);
    }

    @Test
    void leaseIsHeldUntilTheRecordsAreReleased() throws IOException {
        log.append(400_000, 9_000);
        rows.add(log, 0, log.batches.size(), random, 3);

        ReadOutcome.Ready ready = (ReadOutcome.Ready) read(0, 300_000, false);

        assertThat(ready.records().parts())
                .hasAtLeastOneElementOfType(OutgoingRecords.FilePart.class);
        assertThat(rows.leases.get()).isPositive();
        ready.records().release();
        assertThat(rows.leases).hasValue(0);
    }

    @Test
    void placesEveryOffset() throws IOException {
        threeTiers(90_000);

        assertThat(reader.locate(log.view, 0)).isEqualTo(new Placement.Cold());
        assertThat(reader.locate(log.view, log.view.archivedEnd))
                .isEqualTo(new Placement.Journal());
        assertThat(reader.locate(log.view, log.view.hotStart)).isEqualTo(new Placement.Hot());
        assertThat(reader.locate(log.view, log.end())).isEqualTo(new Placement.AtEnd());
        assertThat(reader.locate(log.view, log.end() + 1))
                .isEqualTo(new Placement.OutOfRange(0, log.end()));
        assertThat(read(-1, 1, false)).isEqualTo(new ReadOutcome.OutOfRange(0, log.end()));
    }

    @Test
    void readCommittedEndsAtTheLastStableOffsetInEveryTier() throws IOException {
        threeTiers(300_000);
        for (int i = 0; i < 200; i++) {
            int at = random.nextInt(log.batches.size());
            log.view.lastStableOffset = log.batches.get(at).baseOffset();
            long offset = random.nextLong(log.end());

            ReadOutcome outcome = read(offset, 1 + random.nextInt(50_000), true);

            if (offset >= log.view.lastStableOffset) {
                assertThat(outcome).isEqualTo(new ReadOutcome.AtEnd());
            } else {
                ReadOutcome.Ready ready = (ReadOutcome.Ready) outcome;
                assertThat(ready.endOffset()).isLessThanOrEqualTo(log.view.lastStableOffset);
                assertThat(bytes(ready))
                        .isEqualTo(log.bytes(log.indexAt(offset), log.indexAt(ready.endOffset())));
            }
        }
    }

    @Test
    void whatIsAppendedAndNotCommittedIsNotShown() throws IOException {
        threeTiers(300_000);
        long end = log.end();
        for (int i = 0; i < 100; i++) {
            int at = random.nextInt(log.indexAt(log.view.hotStart) + 1, log.batches.size());
            log.view.highWatermark = log.batches.get(at).baseOffset();
            log.view.uncommitted = end - log.view.highWatermark;
            long offset = random.nextLong(end);

            ReadOutcome outcome = read(offset, 1 + random.nextInt(50_000), random.nextBoolean());

            if (offset >= log.view.highWatermark) {
                assertThat(outcome).isEqualTo(new ReadOutcome.AtEnd());
            } else {
                assertThat(((ReadOutcome.Ready) outcome).endOffset())
                        .isLessThanOrEqualTo(log.view.highWatermark);
            }
        }
    }

    @Test
    void abortedTransactionsOfArchivedOffsetsOnLocalDiskComeFromSegments() throws IOException {
        log.append(100_000, 3_000);
        AbortedTxn archived = new AbortedTxn(5, 0, log.end() - 1, 0);
        long border = log.end();
        log.archive(border, archived);
        log.append(100_000, 3_000);
        AbortedTxn later = new AbortedTxn(6, border, log.end() - 1, border);
        log.view.aborted.add(later);
        rows.add(log, 0, log.batches.size(), random, 5);
        log.view.hotStart = 0;

        ReadOutcome.Ready first = (ReadOutcome.Ready) read(0, 1, true);
        ReadOutcome.Ready last = (ReadOutcome.Ready) read(border, 1, true);

        assertThat(first.aborted()).containsExactly(archived);
        assertThat(last.aborted()).containsExactly(later);
    }

    @Test
    void abortedTransactionsOfWhatThisProcessSawNeedNoBucket() throws IOException {
        log.append(100_000, 3_000);
        AbortedTxn archived = new AbortedTxn(5, 0, log.end() - 1, 0);
        log.archive(log.end(), archived);
        log.view.aborted.add(archived);
        log.view.abortedKnownFrom = 0;
        rows.add(log, 0, log.batches.size(), random, 5);
        log.view.hotStart = 0;
        faults.add(0, Integer.MAX_VALUE, _ -> true, new Fault.FailBefore());

        assertThat(((ReadOutcome.Ready) read(0, 1, true)).aborted()).containsExactly(archived);
        log.view.abortedKnownFrom = 1;
        assertThat(read(0, 1, true)).isInstanceOf(ReadOutcome.Failed.class);
    }

    @Test
    void readThatMustWaitForTheBucketIsPendingAndHoldsUpNoOther() throws IOException {
        threeTiers(90_000);
        faults.next(10, StoreOperation.GET, "", new Fault.Delay(Duration.ofSeconds(60)));

        ReadOutcome cold = reader.read(log.view, 0, MIB, false, true);

        assertThat(cold).isInstanceOf(ReadOutcome.Pending.class);
        assertThat(reader.read(log.view, log.view.hotStart, MIB, false, true))
                .isInstanceOf(ReadOutcome.Ready.class);
        assertThat(reader.read(log.view, 0, MIB, false, true))
                .isInstanceOf(ReadOutcome.Pending.class);
        delayed.countDown();
        assertThat(read(0, MIB, false)).isInstanceOf(ReadOutcome.Ready.class);
    }

    @Test
    void storeThatIsAwayIsAnErrorThatClientsRetry() throws IOException {
        threeTiers(90_000);
        faults.next(1_000, StoreOperation.GET, "", new Fault.FailBefore());

        ReadOutcome.Failed failed = (ReadOutcome.Failed) read(0, MIB, false);

        assertThat(failed.error()).isEqualTo(Errors.KAFKA_STORAGE_ERROR);
        assertThat(failed.error().exception())
                .isInstanceOf(org.apache.kafka.common.errors.RetriableException.class);
        faults.clear();
        assertThat(read(0, MIB, false)).isInstanceOf(ReadOutcome.Ready.class);
    }

    @Test
    void damagedObjectIsToldToTheClient() throws IOException {
        log.append(90_000, 3_000);
        String key = log.archive(log.end());
        log.view.hotStart = log.end();
        int size = Math.toIntExact(bucket.head(key).orElseThrow().bytes());
        byte[] bytes = new byte[size];
        bucket.get(key, ByteRange.span(0, size)).bytes().get(bytes);
        bytes[1_000] ^= 1;
        bucket.put(key, ObjectBody.of(bytes), PutMode.OVERWRITE);

        ReadOutcome.Failed failed = (ReadOutcome.Failed) read(0, MIB, false);

        assertThat(failed.error()).isEqualTo(Errors.CORRUPT_MESSAGE);
        assertThat(failed.message()).contains(key, "chunk=0");
    }

    @Test
    void smallBudgetGetsNothingUnlessItIsTheFirst() throws IOException {
        threeTiers(90_000);

        for (long offset : List.of(0L, log.view.archivedEnd, log.view.hotStart)) {
            assertThat(read(offset, 1, false)).isInstanceOf(ReadOutcome.Ready.class);
            assertThat(reader.read(log.view, offset, 1, false, false))
                    .isEqualTo(new ReadOutcome.AtEnd());
        }
    }

    @Test
    void wholeLogIsReadInMemoryForCoordinators() throws IOException {
        threeTiers(300_000);
        BatchReads reads = new BatchReads(reader, threads);

        long at = 0;
        while (at < log.end()) {
            ByteBuffer batches = reads.read(log.view, at, 50_000).join();
            int first = log.indexAt(at);
            for (BatchHeader batch : Batches.in(batches)) {
                at = batch.endOffset();
            }
            assertThat(batches).isEqualTo(log.bytes(first, log.indexAt(at)));
        }
        assertThat(reads.read(log.view, log.end(), 1).join().remaining()).isZero();
    }

    // --- offsets

    private record Timed(long timestampMs, long offset) {}

    private Optional<Timed> modelAtTime(long timestampMs) {
        for (TieredLog.Batch batch : log.batches) {
            for (Record record : Batches.records(batch.bytes()).records()) {
                if (record.offset() >= log.view.logStart && record.timestamp() >= timestampMs) {
                    return Optional.of(new Timed(record.timestamp(), record.offset()));
                }
            }
        }
        return Optional.empty();
    }

    private Optional<Timed> modelLatest() {
        Timed latest = null;
        for (TieredLog.Batch batch : log.batches) {
            for (Record record : Batches.records(batch.bytes()).records()) {
                boolean counts = record.offset() >= log.view.logStart;
                if (counts && (latest == null || record.timestamp() > latest.timestampMs())) {
                    latest = new Timed(record.timestamp(), record.offset());
                }
            }
        }
        return Optional.ofNullable(latest);
    }

    private OffsetAnswer lookUp(long timestampMs, boolean committedOnly) {
        return reader.lookUp(log.view, timestampMs, committedOnly).join();
    }

    private OffsetAnswer expected(Optional<Timed> model, long visibleEnd) {
        return model.filter(found -> found.offset() < visibleEnd)
                .<OffsetAnswer>map(
                        found -> new OffsetAnswer.Found(found.timestampMs(), found.offset(), 3))
                .orElseGet(OffsetAnswer.None::new);
    }

    @Test
    void offsetsByTimeAreThoseOfASearchThroughAllRecords() throws IOException {
        threeTiers(500_000);
        long first = modelAtTime(0).orElseThrow().timestampMs();
        long last = modelLatest().orElseThrow().timestampMs();

        for (int i = 0; i < 300; i++) {
            long time = first - 2_000 + random.nextLong(last - first + 4_000);
            long visibleEnd = i % 2 == 0 ? log.end() : random.nextLong(log.end());
            log.view.lastStableOffset = visibleEnd;
            log.view.logStart = i % 3 == 0 ? random.nextLong(log.view.archivedEnd) : 0;

            assertThat(lookUp(time, true))
                    .as("seed=%d, time=%d, logStart=%d", seed, time, log.view.logStart)
                    .isEqualTo(expected(modelAtTime(time), visibleEnd));
        }
    }

    @Test
    void maxTimestampIsTheFirstRecordWithTheLargest() throws IOException {
        threeTiers(200_000);

        assertThat(lookUp(-3, false)).isEqualTo(expected(modelLatest(), log.end()));

        log.view.logStart = log.view.archivedEnd / 2;
        assertThat(lookUp(-3, false)).isEqualTo(expected(modelLatest(), log.end()));
    }

    @Test
    void bordersAreThoseOfAppliedState() throws IOException {
        threeTiers(90_000);
        log.view.lastStableOffset = log.end() - 5;

        assertThat(lookUp(-1, false)).isEqualTo(new OffsetAnswer.Found(-1, log.end(), 3));
        assertThat(lookUp(-1, true)).isEqualTo(new OffsetAnswer.Found(-1, log.end() - 5, 3));
        assertThat(lookUp(-2, false)).isEqualTo(new OffsetAnswer.Found(-1, 0, 3));
        assertThat(lookUp(-4, false)).isEqualTo(new OffsetAnswer.Found(-1, log.view.hotStart, 3));
        assertThat(lookUp(-5, false))
                .isEqualTo(new OffsetAnswer.Found(-1, log.view.archivedEnd - 1, 3));
        assertThat(lookUp(-6, false))
                .isEqualTo(new OffsetAnswer.Found(-1, log.view.archivedEnd, 3));
    }

    @Test
    void emptyPartitionHasBordersAndNoTimes() {
        assertThat(lookUp(0, false)).isEqualTo(new OffsetAnswer.None());
        assertThat(lookUp(-3, false)).isEqualTo(new OffsetAnswer.None());
        assertThat(lookUp(-2, false)).isEqualTo(new OffsetAnswer.Found(-1, 0, -1));
        assertThat(lookUp(-5, false)).isEqualTo(new OffsetAnswer.Found(-1, -1, -1));
    }

    @Test
    void lookUpByTimeWithoutTheBucketIsAnErrorThatClientsRetry() throws IOException {
        threeTiers(90_000);
        faults.next(1_000, StoreOperation.GET, "", new Fault.FailBefore());

        assertThat(lookUp(0, false))
                .isInstanceOfSatisfying(
                        OffsetAnswer.Failed.class,
                        failed -> assertThat(failed.error()).isEqualTo(Errors.KAFKA_STORAGE_ERROR));
    }
}
