// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.manifest.pack.PackReader;
import io.varve.manifest.pack.PackSection;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.file.FileObjectStore;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Phaser;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the caches of the cold tier save, and that they never give anything but what was archived:
/// one segment of random batches, larger than memory may be, read from its start to its end; what
/// each reading costs in requests and bytes is compared with what the objects hold.
class ColdCacheTest {
    private static final long CACHE_BYTES = 256L << 20;
    private static final int MIB = 1 << 20;
    private static final Instant NOW = Instant.ofEpochSecond(1_700_000_000);

    /// Three answers of the bucket at a time, one of them ahead of its reader.
    private static final ColdSizes SMALL_MEMORY = new ColdSizes(12L * MIB, 4L * MIB, 64L * MIB);

    private final long seed = new Random().nextLong();
    private final Random random = new Random(Long.getLong("sim.seed", seed));
    private final ExecutorService virtual = Executors.newVirtualThreadPerTaskExecutor();
    private final Phaser tasks = new Phaser(1);
    private final Executor threads = this::counted;

    @TempDir private Path directory;
    private Path cache;
    private ObjectStore bucket;
    private TieredLog log;
    private ColdTier tier;

    @BeforeEach
    void open() throws IOException {
        cache = directory.resolve("cache");
        use(new MemoryObjectStore(() -> NOW), SMALL_MEMORY);
    }

    @AfterEach
    void close() {
        virtual.close();
    }

    private void use(ObjectStore store, ColdSizes sizes) throws IOException {
        bucket = store;
        log = new TieredLog(store, random);
        tier = new ColdTier(store, cache, CACHE_BYTES, threads, sizes);
    }

    private void counted(Runnable task) {
        tasks.register();
        virtual.execute(() -> {
            try {
                task.run();
            } finally {
                tasks.arriveAndDeregister();
            }
        });
    }

    /// Until everything that was started has ended, and what that started.
    private void awaitTasks() {
        tasks.arriveAndAwaitAdvance();
    }

    private void segment(int bytes) throws IOException {
        log.append(bytes, 20_000);
        log.archive(log.end());
        log.view.hotStart = log.end();
    }

    private void readAll() {
        new LogReads(tier, log, "seed=" + seed).checkAllFrom(0, MIB);
        awaitTasks();
    }

    private List<Path> cacheFiles() throws IOException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(cache)) {
            all.forEach(files::add);
        }
        return files;
    }

    private PackSection section() throws IOException {
        return PackReader.open(bucket, segmentKey()).sections().getFirst();
    }

    private String segmentKey() throws IOException {
        return bucket.list("topics/", "", 100).stream()
                .map(ObjectInfo::key)
                .filter(key -> key.contains("/segments/"))
                .findFirst()
                .orElseThrow();
    }

    /// Manifest, tail of the segment, and every byte of its section once.
    private long bytesOnce() throws IOException {
        long manifest =
                bucket.list("topics/", "", 100).stream()
                        .filter(object -> object.key().contains("/manifest/"))
                        .mapToLong(ObjectInfo::bytes)
                        .sum();
        return manifest + PackReader.TAIL_BYTES + section().length();
    }

    @Test
    void sequentialReaderFetchesEachByteOnceAlthoughMemoryIsSmall() throws IOException {
        segment(30 * MIB);

        readAll();

        ColdCounters.Snapshot counters = tier.counters();
        assertThat(counters.bytesFetched()).as("seed=%d", seed).isEqualTo(bytesOnce());
        assertThat(counters.aheadChunks()).isPositive();
        assertThat(counters.diskSkipped()).isZero();
        assertThat(tier.cacheBytes()).isEqualTo(section().length());
        assertThat(cacheFiles()).hasSize(section().chunkCount());
    }

    @Test
    void whatIsCachedOnDiskNeedsNoRequest() throws IOException {
        segment(30 * MIB);
        readAll();
        ColdCounters.Snapshot before = tier.counters();

        readAll();

        ColdCounters.Snapshot after = tier.counters();
        assertThat(after.requests()).as("seed=%d", seed).isEqualTo(before.requests());
        assertThat(after.diskHits()).isGreaterThan(before.diskHits());
        assertThat(after.diskDamaged()).isZero();
    }

    @Test
    void flippedByteInACacheFileCostsOneRequestForThatChunk() throws IOException {
        segment(30 * MIB);
        readAll();
        ColdCounters.Snapshot before = tier.counters();
        flip(cache.resolve("3.block"), 1_000);

        readAll();

        ColdCounters.Snapshot after = tier.counters();
        assertThat(after.diskDamaged()).as("seed=%d", seed).isEqualTo(1);
        assertThat(after.requests()).isEqualTo(before.requests() + 1);
        assertThat(after.bytesFetched()).isEqualTo(before.bytesFetched() + TieredLog.CHUNK_BYTES);

        readAll();
        assertThat(tier.counters().requests()).isEqualTo(after.requests());
    }

    private static void flip(Path file, long position) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(position);
            int old = bytes.read();
            bytes.seek(position);
            bytes.write(old ^ 0x10);
        }
    }

    @Test
    void shortCacheFileIsFetchedAgain() throws IOException {
        segment(30 * MIB);
        readAll();
        long requests = tier.counters().requests();
        try (RandomAccessFile file =
                new RandomAccessFile(cache.resolve("3.block").toFile(), "rw")) {
            file.setLength(TieredLog.CHUNK_BYTES - 1);
        }

        readAll();

        assertThat(tier.counters().diskDamaged()).as("seed=%d", seed).isEqualTo(1);
        assertThat(tier.counters().requests()).isEqualTo(requests + 1);
    }

    @Test
    void folderThatIsWipedOnlyCostsRequests() throws IOException {
        segment(30 * MIB);
        readAll();
        long requests = tier.counters().requests();

        for (Path file : cacheFiles()) {
            Files.delete(file);
        }
        Files.delete(cache);
        readAll();

        assertThat(tier.counters().requests()).isGreaterThan(requests);
        assertThat(tier.counters().diskFailures()).isZero();
    }

    @Test
    void diskThatCannotKeepUpIsPassedOver() throws IOException {
        use(bucket, new ColdSizes(12L * MIB, 4L * MIB, 1));
        segment(30 * MIB);

        readAll();

        assertThat(tier.counters().bytesFetched()).as("seed=%d", seed).isEqualTo(bytesOnce());
        assertThat(tier.counters().diskSkipped()).isPositive();
        assertThat(cacheFiles()).isEmpty();
        assertThat(tier.cacheBytes()).isZero();

        readAll();
    }

    @Test
    void cacheStaysBelowItsBoundAndReadsGoOn() throws IOException {
        long bound = 2L * MIB;
        tier = new ColdTier(bucket, cache, bound, threads, SMALL_MEMORY);
        segment(30 * MIB);

        readAll();

        assertThat(tier.cacheBytes()).isLessThanOrEqualTo(bound);
        assertThat(tier.counters().evictions()).isPositive();
        long onDisk = 0;
        for (Path file : cacheFiles()) {
            onDisk += Files.size(file);
        }
        assertThat(onDisk).isEqualTo(tier.cacheBytes());
    }

    @Test
    void leftoversOfAnEarlierProcessAreDeleted() throws IOException {
        Files.write(cache.resolve("17.block"), new byte[10]);

        tier = new ColdTier(bucket, cache, CACHE_BYTES, threads);

        assertThat(cacheFiles()).isEmpty();
    }

    @Test
    void bucketOnTheFileSystemOfTheCacheIsNotCopiedIntoIt() throws IOException {
        use(FileObjectStore.openOrCreate(directory.resolve("bucket"), () -> NOW), SMALL_MEMORY);
        segment(30 * MIB);

        readAll();

        assertThat(tier.counters().bytesFetched()).as("seed=%d", seed).isEqualTo(bytesOnce());
        assertThat(tier.counters().aheadUnread()).isZero();
        assertThat(cacheFiles()).isEmpty();
        assertThat(tier.cacheBytes()).isZero();
        assertThat(tier.counters().diskSkipped()).isZero();

        readAll();
        assertThat(tier.counters().bytesFetched()).isGreaterThan(2 * section().length() - 13 * MIB);
    }

    @Test
    void flippedByteInABucketThatIsNotCachedReachesNobody() throws IOException {
        Path folder = directory.resolve("bucket");
        use(FileObjectStore.openOrCreate(folder, () -> NOW), SMALL_MEMORY);
        segment(30 * MIB);
        flip(folder.resolve(segmentKey()), section().position() + 10L * MIB);

        assertThatThrownBy(this::readAll)
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(ColdReadException.CorruptCold.class)
                .hasMessageContaining(segmentKey());
        awaitTasks();

        flip(folder.resolve(segmentKey()), section().position() + 10L * MIB);
        readAll();
    }

    @Test
    void readersThatGoAwayLeaveRoomForOthersAhead() throws IOException {
        use(FileObjectStore.openOrCreate(directory.resolve("bucket"), () -> NOW), SMALL_MEMORY);
        segment(30 * MIB);
        LogReads reads = new LogReads(tier, log, "seed=" + seed);
        long second = reads.check(0, 64 << 10);
        reads.check(second, 64 << 10); // goes on ahead of a reader that never comes back
        awaitTasks();

        readAll();
        readAll();

        assertThat(tier.counters().aheadUnread()).isLessThanOrEqualTo(1);
    }
}
