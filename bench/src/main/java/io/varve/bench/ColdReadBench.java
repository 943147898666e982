// SPDX-License-Identifier: Apache-2.0
package io.varve.bench;

import io.varve.broker.cold.ColdRead;
import io.varve.broker.cold.ColdTier;
import io.varve.broker.shard.PartitionView;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentEntry;
import io.varve.objectstore.ByteRange;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStores;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.CRC32C;

/// How fast one sequential reader gets a partition's segments through the cold read path, beside
/// plain reads of the same objects in blocks of the same size, in turns within one run.
///
/// ```
/// java -cp bench/target/bench.jar io.varve.bench.ColdReadBench BUCKET TOPIC PARTITION [RUNS] [drop]
/// ```
///
/// `drop` takes the objects out of the page cache before each turn, with `dd iflag=nocache`, if the
/// bucket is a directory. The first run warms up and is not in the medians.
public final class ColdReadBench {
    private static final int BLOCK_BYTES = 4 << 20;

    /// What reads.
    enum Reader {
        /// The objects' files, if the bucket is a directory, into one buffer that is used again, as
        /// `cat` does: what the disk or the page cache gives, with nothing to show for it.
        FILES,
        /// Ranged gets of the store, one after the other. What the goal is measured against.
        PLAIN,
        /// The same, and a CRC32C over what came: what any reader that trusts nothing must do.
        PLAIN_CRC,
        /// The cold read path as a broker has it for this bucket. Manifest, index, chunks, checks.
        COLD,
        /// The cold read path with the disk cache, empty at first, as for a bucket elsewhere.
        COLD_CACHED
    }

    /// @param cpuS of the whole process, collector and read-ahead too
    private record Turn(double mbPerS, double cpuS) {}

    private record Read(long bytes, long elapsedNs) {}

    private final ObjectStore store;
    private final PartitionManifest manifest;
    private final long bytes;
    private final boolean drop;

    private ColdReadBench(ObjectStore store, PartitionManifest manifest, boolean drop) {
        this.store = store;
        this.manifest = manifest;
        this.bytes = manifest.entries().stream().mapToLong(SegmentEntry::bytes).sum();
        this.drop = drop;
    }

    public static void main(String[] arguments) throws Exception {
        int runs = arguments.length > 3 ? Integer.parseInt(arguments[3]) : 7;
        boolean drop = arguments.length > 4 && arguments[4].equals("drop");
        try (ObjectStore store = ObjectStores.openExisting(arguments[0])) {
            PartitionManifest manifest =
                    Archived.manifest(store, arguments[1], Integer.parseInt(arguments[2]));
            new ColdReadBench(store, manifest, drop).run(runs);
        }
    }

    private void run(int runs) throws Exception {
        Map<Reader, List<Turn>> turns = new EnumMap<>(Reader.class);
        for (Reader reader : Reader.values()) {
            turns.put(reader, new ArrayList<>());
        }
        for (int run = 0; run <= runs; run++) {
            StringBuilder line = new StringBuilder();
            for (Reader reader : Reader.values()) {
                Turn turn = turn(reader);
                line.append(figures(reader, turn));
                if (run > 0) {
                    turns.getOrDefault(reader, List.of()).add(turn);
                }
            }
            print(run == 0 ? "warm-up" : String.valueOf(run), line.toString());
        }
        StringBuilder line = new StringBuilder();
        for (Reader reader : Reader.values()) {
            line.append(figures(reader, median(turns.getOrDefault(reader, List.of()))));
        }
        for (Reader reader : List.of(Reader.COLD, Reader.COLD_CACHED)) {
            for (Reader base : List.of(Reader.FILES, Reader.PLAIN, Reader.PLAIN_CRC)) {
                List<Turn> ours = turns.getOrDefault(reader, List.of());
                List<Turn> theirs = turns.getOrDefault(base, List.of());
                List<Double> ratios = new ArrayList<>();
                for (int i = 0; i < ours.size(); i++) {
                    ratios.add(ours.get(i).mbPerS() / theirs.get(i).mbPerS());
                }
                line.append(
                        String.format(
                                Locale.ROOT,
                                " %s_to_%s=%.2f",
                                name(reader),
                                name(base),
                                Medians.of(ratios)));
            }
        }
        print("median", line.toString());
    }

    private void print(String run, String figures) {
        System.out.printf(
                Locale.ROOT,
                "workload=cold-read run=%s page_cache=%s segments=%d bytes=%d%s%n",
                run,
                drop ? "dropped" : "as-it-is",
                manifest.entries().size(),
                bytes,
                figures);
    }

    private static String figures(Reader reader, Turn turn) {
        return String.format(
                Locale.ROOT,
                " %s_mb_s=%.0f %s_cpu_s=%.2f",
                name(reader),
                turn.mbPerS(),
                name(reader),
                turn.cpuS());
    }

    private static String name(Reader reader) {
        return reader.name().toLowerCase(Locale.ROOT);
    }

    private static Turn median(List<Turn> turns) {
        return new Turn(
                Medians.of(turns.stream().map(Turn::mbPerS).toList()),
                Medians.of(turns.stream().map(Turn::cpuS).toList()));
    }

    private Turn turn(Reader reader) throws Exception {
        if (drop) {
            PageCache.drop(Archived.files(store, manifest));
        }
        long cpuBefore = cpuNs();
        Read read =
                switch (reader) {
                    case FILES -> files();
                    case PLAIN -> plain(false);
                    case PLAIN_CRC -> plain(true);
                    case COLD -> cold(store);
                    case COLD_CACHED -> cold(new Elsewhere(store));
                };
        return new Turn(read.bytes() * 1e3 / read.elapsedNs(), (cpuNs() - cpuBefore) / 1e9);
    }

    private static long cpuNs() {
        return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos();
    }

    private Read files() throws Exception {
        long startNs = System.nanoTime();
        if (store.directory().isEmpty()) {
            return new Read(0, 1);
        }
        long read = 0;
        ByteBuffer buffer = ByteBuffer.allocateDirect(BLOCK_BYTES);
        for (Path file : Archived.files(store, manifest)) {
            try (FileChannel channel = FileChannel.open(file)) {
                while (channel.read(buffer.clear()) >= 0) {
                    read += buffer.position();
                }
            }
        }
        return new Read(read, System.nanoTime() - startNs);
    }

    private Read plain(boolean check) throws Exception {
        long startNs = System.nanoTime();
        long read = 0;
        CRC32C crc = new CRC32C();
        for (SegmentEntry entry : manifest.entries()) {
            String key = entry.key(manifest.topicName(), manifest.id());
            for (long position = 0; position < entry.bytes(); position += BLOCK_BYTES) {
                ByteBuffer block = store.get(key, ByteRange.span(position, BLOCK_BYTES)).bytes();
                read += block.remaining();
                if (check) {
                    crc.reset();
                    crc.update(block);
                }
            }
        }
        return new Read(read, System.nanoTime() - startNs);
    }

    /// The time ends with the last read; what is still to be written to the cache then is in the
    /// processor time only.
    private Read cold(ObjectStore bucket) throws Exception {
        Path cache = Files.createTempDirectory("varve-bench-cache-");
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            ColdTier tier = new ColdTier(bucket, cache, 1L << 40, threads);
            PartitionView view = Archived.view(manifest);
            long startNs = System.nanoTime();
            long read = 0;
            long offset = manifest.logStart();
            while (offset < manifest.archivedEnd()) {
                ColdRead answer = tier.reader().read(view, offset, BLOCK_BYTES).get();
                if (!(answer instanceof ColdRead.Found found)) {
                    throw new IllegalStateException("read ended early: offset=" + offset);
                }
                read += found.bytes();
                offset = found.endOffset();
            }
            return new Read(read, System.nanoTime() - startNs);
        } finally {
            delete(cache);
        }
    }

    private static void delete(Path cache) throws Exception {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(cache)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
        Files.delete(cache);
    }
}
