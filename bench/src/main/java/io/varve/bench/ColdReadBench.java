// SPDX-License-Identifier: Apache-2.0
package io.varve.bench;

import io.varve.broker.cold.ColdRead;
import io.varve.broker.cold.ColdTier;
import io.varve.broker.shard.PartitionView;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.partition.ManifestStore;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentEntry;
import io.varve.manifest.state.PartitionState.ManifestRef;
import io.varve.objectstore.ByteRange;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStores;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// How fast one sequential reader gets a partition's segments through the cold read path (manifest,
/// index, chunks, checksums, disk cache that starts empty), beside plain ranged reads of the same
/// objects through the same store.
///
/// `java -cp bench/target/bench.jar io.varve.bench.ColdReadBench BUCKET TOPIC PARTITION [RUNS]`
public final class ColdReadBench {
    private static final int BLOCK_BYTES = 4 << 20;

    private ColdReadBench() {}

    public static void main(String[] arguments) throws Exception {
        int runs = arguments.length > 3 ? Integer.parseInt(arguments[3]) : 5;
        try (ObjectStore store = ObjectStores.openExisting(arguments[0])) {
            PartitionManifest manifest =
                    manifest(store, arguments[1], Integer.parseInt(arguments[2]));
            for (int run = 0; run <= runs; run++) {
                double plain = plain(store, manifest);
                double cold = cold(store, manifest);
                System.out.printf(
                        Locale.ROOT,
                        "workload=cold-read run=%s segments=%d bytes=%d plain_mb_s=%.0f cold_mb_s=%.0f ratio=%.2f%n",
                        run == 0 ? "warm-up" : run,
                        manifest.entries().size(),
                        bytes(manifest),
                        plain,
                        cold,
                        cold / plain);
            }
        }
    }

    private static PartitionManifest manifest(ObjectStore store, String topic, int partition)
            throws Exception {
        for (ObjectInfo object : store.list("topics/" + topic + "/", "", 1_000)) {
            if (BucketKeys.parse(object.key()) instanceof ObjectName.Segment segment
                    && segment.partition().partition() == partition) {
                return ManifestStore.newest(store, topic, segment.partition(), Integer.MAX_VALUE)
                        .orElseThrow(() -> new IllegalArgumentException("no manifest"));
            }
        }
        throw new IllegalArgumentException(
                "no segments: topic=" + topic + ", partition=" + partition);
    }

    private static long bytes(PartitionManifest manifest) {
        return manifest.entries().stream().mapToLong(SegmentEntry::bytes).sum();
    }

    private static double plain(ObjectStore store, PartitionManifest manifest) throws Exception {
        long startNs = System.nanoTime();
        for (SegmentEntry entry : manifest.entries()) {
            String key = entry.key(manifest.topicName(), manifest.id());
            for (long position = 0; position < entry.bytes(); position += BLOCK_BYTES) {
                store.get(key, ByteRange.span(position, BLOCK_BYTES));
            }
        }
        return bytes(manifest) / 1e6 / seconds(startNs);
    }

    private static double cold(ObjectStore store, PartitionManifest manifest) throws Exception {
        Path cache = Files.createTempDirectory("varve-bench-cache-");
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            ColdTier tier = new ColdTier(store, cache, 1L << 40, threads);
            PartitionView view = view(manifest);
            long startNs = System.nanoTime();
            long bytes = 0;
            long offset = manifest.logStart();
            while (offset < manifest.archivedEnd()) {
                ColdRead read = tier.reader().read(view, offset, BLOCK_BYTES).get();
                if (!(read instanceof ColdRead.Found found)) {
                    throw new IllegalStateException("read ended early: offset=" + offset);
                }
                for (ByteBuffer part : found.parts()) {
                    bytes += part.remaining();
                }
                offset = found.endOffset();
            }
            return bytes / 1e6 / seconds(startNs);
        }
    }

    private static double seconds(long startNs) {
        return (System.nanoTime() - startNs) / 1e9;
    }

    /// Applied state of a partition that is in segments as a whole.
    private static PartitionView view(PartitionManifest manifest) {
        PartitionId id = manifest.id();
        return (PartitionView)
                Proxy.newProxyInstance(
                        PartitionView.class.getClassLoader(),
                        new Class<?>[] {PartitionView.class},
                        (proxy, method, arguments) ->
                                switch (method.getName()) {
                                    case "id" -> id;
                                    case "topicName" -> manifest.topicName();
                                    case "shard" -> new ShardId(manifest.generation(), 1, 0);
                                    case "logStart" -> manifest.logStart();
                                    case "archivedEnd",
                                            "hotStart",
                                            "highWatermark",
                                            "lastStableOffset" ->
                                            manifest.archivedEnd();
                                    case "manifest" ->
                                            new ManifestRef(
                                                    manifest.generation(), manifest.version());
                                    case "hotRows", "producers", "abortedIn" -> List.of();
                                    case "hotRowForTimestamp", "lease" -> Optional.empty();
                                    case "epochs" -> manifest.epochStarts();
                                    case "closed" -> false;
                                    case "leaderEpoch" -> 0;
                                    case "hashCode" -> System.identityHashCode(proxy);
                                    case "equals" -> proxy == arguments[0];
                                    default ->
                                            throw new UnsupportedOperationException(
                                                    method.getName());
                                });
    }
}
