// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.manifest.checkpoint.JournalRef;
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
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the bucket gives back is what was archived, or an error that names the object: over a store
/// in memory that lies on demand, with packs of random batches.
class ColdReaderTest {
    private static final long CACHE_BYTES = 256L << 20;
    private static final int MIB = 1 << 20;
    private static final Instant NOW = Instant.ofEpochSecond(1_700_000_000);

    private final long seed = new Random().nextLong();
    private final Random random = new Random(Long.getLong("sim.seed", seed));
    private final ScriptedFaults faults = new ScriptedFaults();
    private final CountDownLatch delayed = new CountDownLatch(1);
    private final MemoryObjectStore bucket = new MemoryObjectStore(() -> NOW);
    private final FaultyObjectStore store =
            new FaultyObjectStore(bucket, faults, this::awaitRelease);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    @TempDir private Path directory;
    private TieredLog log;
    private ColdTier tier;

    @BeforeEach
    void open() throws IOException {
        tier = new ColdTier(store, directory.resolve("cache"), CACHE_BYTES, threads);
        log = new TieredLog(store, random);
    }

    @AfterEach
    void close() {
        delayed.countDown();
        threads.close();
    }

    private void awaitRelease(Duration time) {
        try {
            delayed.await(time.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private ColdRead read(long offset, int maxBytes) {
        return reads().read(offset, maxBytes);
    }

    private void readAllFrom(long offset, int maxBytes) {
        reads().checkAllFrom(offset, maxBytes);
    }

    private long checkRead(long offset, int maxBytes) {
        return reads().check(offset, maxBytes);
    }

    private LogReads reads() {
        return new LogReads(tier, log, "seed=" + seed);
    }

    private Throwable failure(long offset) {
        try {
            tier.reader().read(log.view, offset, MIB).join();
        } catch (CompletionException e) {
            return e.getCause();
        }
        return new AssertionError("did not fail: offset=" + offset);
    }

    private void largeSegment() throws IOException {
        log.append(6 * MIB, 20_000);
        log.archive(log.end());
    }

    @Test
    void everyOffsetOfSegmentsAndJournalsGivesIdenticalBytes() throws IOException {
        for (int i = 0; i < 3; i++) {
            log.append(200_000 + random.nextInt(400_000), 4_000);
            log.archive(log.end());
        }
        for (int i = 0; i < 4; i++) {
            long base = log.end();
            log.append(50_000 + random.nextInt(200_000), 4_000);
            log.journal(base, log.end(), tier.journals(TieredLog.SHARD));
        }
        log.view.hotStart = log.end();

        for (long offset = 0; offset < log.end(); offset++) {
            checkRead(offset, 1 + random.nextInt(300_000));
        }
    }

    @Test
    void readOfWhatIsHereTakesAllThatFits() throws IOException {
        log.append(3 * MIB, 3_000);
        log.archive(log.batches.get(log.batches.size() / 3).endOffset());
        log.archive(log.end());
        log.view.hotStart = log.end();
        readAllFrom(0, MIB);

        for (TieredLog.Batch batch : log.batches) {
            int maxBytes = batch.length() + random.nextInt(500_000);
            long end = checkRead(batch.baseOffset(), maxBytes);
            int next = log.indexAt(end);
            int taken = log.bytes(log.indexAt(batch.baseOffset()), next).remaining();
            assertThat(
                            next == log.batches.size()
                                    || taken + log.batches.get(next).length() > maxBytes)
                    .as("seed=%d, offset=%d, maxBytes=%d", seed, batch.baseOffset(), maxBytes)
                    .isTrue();
        }
    }

    @Test
    void everythingInFrontOfADamagedChunkIsReadBeforeTheErrorIsTold() throws IOException {
        log.append(6 * MIB, 20_000);
        flip(log.archive(log.end()), 3 * MIB);
        log.view.hotStart = log.end();

        long at = 0;
        Throwable told = null;
        while (told == null) {
            try {
                at = checkRead(at, MIB);
            } catch (CompletionException e) {
                told = e.getCause();
            }
        }

        assertThat(told).isInstanceOf(ColdReadException.CorruptCold.class);
        int before = log.bytes(0, log.indexAt(at)).remaining();
        assertThat(before)
                .as("seed=%d", seed)
                .isBetween(3 * MIB - TieredLog.CHUNK_BYTES - 200_000, 3 * MIB);
    }

    @Test
    void largeObjectIsReadInChunksWithFewRequests() throws IOException {
        log = new TieredLog(store, random, MIB, 0);
        log.append(24 * MIB, 50_000);
        long half = log.batches.get(log.batches.size() / 2).baseOffset();
        log.archive(half);
        log.archive(log.end());
        log.view.hotStart = log.end();

        readAllFrom(0, MIB);

        // One manifest and two tails; chunks come four at a time, but for the first reads and the
        // ends of the objects.
        assertThat(tier.counters().requests()).isLessThanOrEqualTo(3 + 24 / 4 + 8);
        long requests = tier.counters().requests();
        readAllFrom(0, MIB);
        assertThat(tier.counters().requests()).isEqualTo(requests);
    }

    @Test
    void sequentialSmallObjectsCostOneRequestEach() throws IOException {
        for (int i = 0; i < 20; i++) {
            log.append(100_000, 4_000);
            log.archive(log.end());
        }
        log.view.hotStart = log.end();

        readAllFrom(0, 64 << 10);

        assertThat(tier.counters().requests()).isEqualTo(1 + 20);
    }

    @Test
    void flippedByteIsCorruptColdOfThatChunkAndNothingElse() throws IOException {
        log.append(6 * MIB, 20_000);
        String key = log.archive(log.end());
        flip(key, 3 * MIB);
        log.view.hotStart = log.end();

        int failures = 0;
        for (TieredLog.Batch batch : log.batches) {
            CompletableFuture<ColdRead> read = tier.reader().read(log.view, batch.baseOffset(), 1);
            try {
                ColdRead.Found found = (ColdRead.Found) read.join();
                assertThat(LogReads.joined(found.parts())).isEqualTo(batch.bytes());
            } catch (CompletionException e) {
                failures++;
                assertThat(e.getCause())
                        .isInstanceOf(ColdReadException.CorruptCold.class)
                        .hasMessageContaining(key)
                        .hasMessageContaining("chunk=");
            }
        }
        assertThat(failures).isBetween(1, log.batches.size() / 10);
    }

    @Test
    void flippedByteInASmallObjectIsCorruptColdToo() throws IOException {
        log.append(300_000, 5_000);
        String key = log.archive(log.end());
        flip(key, 150_000);

        List<Throwable> failures = new ArrayList<>();
        for (TieredLog.Batch batch : log.batches) {
            try {
                ColdRead.Found found = (ColdRead.Found) read(batch.baseOffset(), 1);
                assertThat(LogReads.joined(found.parts())).isEqualTo(batch.bytes());
            } catch (CompletionException e) {
                failures.add(e.getCause());
            }
        }
        assertThat(failures)
                .isNotEmpty()
                .allSatisfy(failure ->
                        assertThat(failure)
                                .isInstanceOf(ColdReadException.CorruptCold.class)
                                .hasMessageContaining(key));
    }

    private void flip(String key, int position) throws IOException {
        int size = Math.toIntExact(bucket.head(key).orElseThrow().bytes());
        byte[] bytes = new byte[size];
        bucket.get(key, ByteRange.span(0, size)).bytes().get(bytes);
        bytes[position] ^= 0x10;
        bucket.put(key, ObjectBody.of(bytes), PutMode.OVERWRITE);
    }

    @Test
    void repairedObjectIsReadableAgain() throws IOException {
        log.append(300_000, 5_000);
        String key = log.archive(log.end());
        flip(key, 100_000);
        assertThat(failures()).isPositive();

        flip(key, 100_000);

        assertThat(failures()).isZero();
    }

    private long failures() {
        return log.batches.stream()
                .filter(batch ->
                        tier.reader()
                                .read(log.view, batch.baseOffset(), 1)
                                .handle((_, failure) -> failure != null)
                                .join())
                .count();
    }

    @Test
    void lostObjectThatTheNewestManifestNamesIsAnErrorWithItsName() throws IOException {
        log.append(300_000, 5_000);
        String key = log.archive(log.end());
        bucket.delete(List.of(key));

        assertThat(failure(0))
                .isInstanceOf(ColdReadException.MissingObject.class)
                .hasMessageContaining(key);
    }

    @Test
    void objectThatWasReplacedIsFoundThroughTheNewestManifest() throws IOException {
        log.append(300_000, 5_000);
        log.archive(log.end());
        log.view.hotStart = log.end();
        log.replace(0, false);

        readAllFrom(0, MIB);
    }

    @Test
    void offsetThatWasDeletedMeanwhileIsGone() throws IOException {
        log.append(300_000, 5_000);
        String first = log.archive(log.end());
        long border = log.end();
        log.append(300_000, 5_000);
        log.archive(log.end());
        log.moveLogStart(border);
        bucket.delete(List.of(first));
        log.view.logStart = 0;

        assertThat(failure(0))
                .isInstanceOf(ColdReadException.Gone.class)
                .hasMessageContaining("logStart=" + border);
    }

    @Test
    void lostManifestIsAnError() throws IOException {
        largeSegment();
        bucket.list("", "", 100).stream()
                .filter(object -> object.key().contains("/manifest/"))
                .forEach(object -> bucket.delete(List.of(object.key())));

        assertThat(failure(0))
                .isInstanceOf(ColdReadException.MissingObject.class)
                .hasMessageContaining("/manifest/");
    }

    @Test
    void offsetThatNoJournalHoldsIsAnError() throws IOException {
        log.append(100_000, 5_000);
        long base = log.end();
        log.append(100_000, 5_000);
        log.journal(base, log.end(), tier.journals(TieredLog.SHARD));
        log.view.hotStart = log.end();

        assertThat(failure(0)).isInstanceOf(ColdReadException.MissingObject.class);
        checkRead(base, MIB);
    }

    @Test
    void storeThatIsAwayIsRetriableAndReadsGoOnWhenItIsBack() throws IOException {
        largeSegment();
        log.view.hotStart = log.end();
        faults.next(1_000, StoreOperation.GET, "", new Fault.FailBefore());

        assertThat(failure(0)).isInstanceOf(ColdReadException.Unavailable.class);
        assertThat(failure(0)).isInstanceOf(ColdReadException.Unavailable.class);

        faults.clear();
        readAllFrom(0, MIB);
    }

    @Test
    void answerThatWasCutOrFlippedOnItsWayIsNotKept() throws IOException {
        largeSegment();
        log.view.hotStart = log.end();
        String segments = "topics/orders/" + log.view.id().topicId() + "/0/segments/";
        checkRead(0, 1);
        faults.next(10, StoreOperation.GET, segments, new Fault.FlipGet(12_345));
        long late = log.batches.get(log.batches.size() - 10).baseOffset();

        assertThat(failure(late)).isInstanceOf(ColdReadException.CorruptCold.class);

        faults.clear();
        checkRead(late, MIB);
    }

    @Test
    void readersOfOneChunkShareItsLoad() throws IOException {
        log.append(300_000, 5_000);
        log.archive(log.end());
        faults.next(
                1,
                StoreOperation.GET,
                "topics/orders/" + log.view.id().topicId() + "/0/segments/",
                new Fault.Delay(Duration.ofSeconds(60)));

        List<CompletableFuture<ColdRead>> reads = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            reads.add(tier.reader().read(log.view, 0, MIB));
        }
        assertThat(reads).noneMatch(CompletableFuture::isDone);
        delayed.countDown();

        reads.forEach(read -> assertThat(read.join()).isInstanceOf(ColdRead.Found.class));
        assertThat(tier.counters().requests()).isEqualTo(2);
    }

    @Test
    void gapAnswersWithTheNextBatch() throws IOException {
        log.append(100_000, 5_000);
        log.archive(log.end());
        long gap = log.end();
        log.archiveGap(gap + 1_000);
        log.append(100_000, 5_000);
        log.archive(log.end());
        log.view.hotStart = log.end();

        ColdRead.Found found = (ColdRead.Found) read(gap + 17, MIB);

        assertThat(found.firstOffset()).isEqualTo(gap + 1_000);
        readAllFrom(0, MIB);
    }

    @Test
    void gapInFrontOfWhatIsOnDiskTellsWhereToGoOn() throws IOException {
        log.append(100_000, 5_000);
        log.archive(log.end());
        long gap = log.end();
        log.archiveGap(gap + 1_000);
        log.view.hotStart = log.end();
        log.append(10_000, 5_000);

        assertThat(read(gap + 17, MIB)).isEqualTo(new ColdRead.Nothing(gap + 1_000));
    }

    @Test
    void journalsThatACheckpointNamesAreReadWhenFirstAskedFor() throws IOException {
        JournalIndex unused =
                new ColdTier(store, directory.resolve("x"), MIB, threads).journals(TieredLog.SHARD);
        for (int i = 0; i < 8; i++) {
            long base = log.end();
            log.append(50_000, 4_000);
            log.journal(base, log.end(), unused);
        }
        log.view.hotStart = log.end();
        tier.journals(TieredLog.SHARD).checkpointed(log.checkpoint());
        assertThat(tier.counters().requests()).isZero();

        readAllFrom(0, MIB);

        assertThat(tier.counters().requests()).isEqualTo(8);
    }

    @Test
    void journalThatIsLostConcernsItsOffsetsOnly() throws IOException {
        JournalIndex unused =
                new ColdTier(store, directory.resolve("x"), MIB, threads).journals(TieredLog.SHARD);
        log.append(50_000, 4_000);
        long border = log.end();
        JournalRef lost = log.journal(0, border, unused);
        log.append(50_000, 4_000);
        log.journal(border, log.end(), unused);
        log.view.hotStart = log.end();
        tier.journals(TieredLog.SHARD).checkpointed(log.checkpoint());
        bucket.delete(List.of(lost.key()));

        assertThat(failure(0))
                .isInstanceOf(ColdReadException.MissingObject.class)
                .hasMessageContaining(lost.key());
        checkRead(border, MIB);
    }

    @Test
    void abortedTransactionsComeFromTheIndexAndFromAppliedState() throws IOException {
        log.append(100_000, 5_000);
        long end = log.end();
        AbortedTxn archived = new AbortedTxn(7, 0, end - 1, 0);
        log.archive(end, archived);
        log.append(100_000, 5_000);
        log.journal(end, log.end(), tier.journals(TieredLog.SHARD));
        AbortedTxn later = new AbortedTxn(8, end, log.end() - 1, end);
        log.view.aborted.add(later);
        log.view.hotStart = log.end();

        ColdRead.Found first = (ColdRead.Found) read(0, 1);
        ColdRead.Found second = (ColdRead.Found) read(end, 1);

        assertThat(first.aborted()).containsExactly(archived);
        assertThat(second.aborted()).containsExactly(later);
        assertThat(tier.reader().abortedIn(log.view, 0, end).join()).containsExactly(archived);
    }

    @Test
    void packOfAnotherContentUnderTheSameNameIsCorrupt() throws IOException {
        log.append(100_000, 5_000);
        String first = log.archive(log.end());
        log.append(100_000, 5_000);
        String second = log.archive(log.end());
        int size = Math.toIntExact(bucket.head(second).orElseThrow().bytes());
        byte[] bytes = new byte[size];
        bucket.get(second, ByteRange.span(0, size)).bytes().get(bytes);
        bucket.put(first, ObjectBody.of(bytes), PutMode.OVERWRITE);

        assertThat(failure(0)).isInstanceOf(ColdReadException.CorruptCold.class);
        assertThatThrownBy(() -> read(0, MIB)).hasMessageContaining(first);
    }
}
