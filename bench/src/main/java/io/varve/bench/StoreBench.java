// SPDX-License-Identifier: Apache-2.0
package io.varve.bench;

import com.sun.management.ThreadMXBean;
import io.varve.objectstore.BucketSettings;
import io.varve.objectstore.ByteRange;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStores;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.RequestListener;
import io.varve.objectstore.StoreAccess;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;

/// Puts and gets of the `object-store` module beside the same by the SDK's plain call, in turns,
/// against one server.
///
/// ```
/// eval "$(bin/test-servers minio start)"
/// java -cp bench/target/bench.jar io.varve.bench.StoreBench "$TEST_BUCKET" [RUNS]
/// ```
///
/// The first run warms up and is not in the medians. `allocated` is what the whole process
/// allocates for one get, over the bytes that it asked for.
public final class StoreBench {
    private static final int MIB = 1 << 20;
    private static final int IN_FLIGHT = 16;
    private static final int RANGES = 256;
    private static final String KEY = "bench/object";

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final ObjectStore store;
    private final PlainClient plain;
    private final LongAdder requests;
    private final int runs;

    private StoreBench(ObjectStore store, PlainClient plain, LongAdder requests, int runs) {
        this.store = store;
        this.plain = plain;
        this.requests = requests;
        this.runs = runs;
    }

    public static void main(String[] arguments) throws Exception {
        int runs = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 9;
        LongAdder requests = new LongAdder();
        RequestListener counting = (operation, status, elapsedNs) -> requests.increment();
        StoreAccess access =
                StoreAccess.of(BucketSettings.ofEnvironment(System.getenv()), counting);
        try (ObjectStore store = ObjectStores.openExisting(arguments[0], access);
                PlainClient plain = PlainClient.of(arguments[0], access.limits().connections())) {
            StoreBench bench = new StoreBench(store, plain, requests, runs);
            for (int mebibytes : new int[] {8, 64}) {
                bench.whole(mebibytes * MIB);
            }
            bench.ranges();
            var _ = store.delete(List.of(KEY));
        }
    }

    /// One side's turn.
    @FunctionalInterface
    private interface Turn {
        void take() throws Exception;
    }

    private void whole(int bytes) throws Exception {
        byte[] body = new byte[bytes];
        new Random(1).nextBytes(body);
        compare(
                "put",
                bytes,
                1,
                () -> {
                    var _ = store.put(KEY, ObjectBody.of(body), PutMode.OVERWRITE);
                },
                () -> plain.put(KEY, body));
        compare("get", bytes, 1, () -> get(0, bytes), () -> plainGet(0, bytes));
    }

    private void ranges() throws Exception {
        compare(
                "range-1mib-16-in-flight",
                (long) RANGES * MIB,
                RANGES,
                () -> inFlight(this::get),
                () -> inFlight(this::plainGet));
    }

    /// A get of a range.
    @FunctionalInterface
    private interface Get {
        void get(long position, int length) throws IOException;
    }

    private void inFlight(Get get) throws Exception {
        try (ExecutorService pool =
                Executors.newFixedThreadPool(IN_FLIGHT, Thread.ofVirtual().factory())) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < RANGES; i++) {
                long position = (long) (i % 64) * MIB;
                all.add(
                        pool.submit(() -> {
                            get.get(position, MIB);
                            return null;
                        }));
            }
            for (Future<?> one : all) {
                one.get();
            }
        }
    }

    private void get(long position, int length) throws IOException {
        require(store.get(KEY, ByteRange.span(position, length)).bytes().remaining(), length);
    }

    private void plainGet(long position, int length) throws IOException {
        require(plain.get(KEY, position, length), length);
    }

    private static void require(int came, int asked) {
        if (came != asked) {
            throw new IllegalStateException("short read: bytes=" + came + ", asked=" + asked);
        }
    }

    private record Figures(double mbPerS, double allocatedPerByte) {}

    private void compare(String what, long bytes, int calls, Turn ours, Turn theirs)
            throws Exception {
        List<Double> ratios = new ArrayList<>();
        List<Figures> own = new ArrayList<>();
        List<Figures> others = new ArrayList<>();
        requests.reset();
        for (int run = 0; run <= runs; run++) {
            Figures first = measure(bytes, ours);
            Figures second = measure(bytes, theirs);
            if (run > 0) {
                own.add(first);
                others.add(second);
                ratios.add(first.mbPerS() / second.mbPerS());
            }
        }
        System.out.printf(
                Locale.ROOT,
                "workload=store-%s bytes=%d runs=%d varve_mb_s=%.0f plain_mb_s=%.0f varve_to_plain=%.2f varve_allocated=%.2f plain_allocated=%.2f requests_per_call=%.2f%n",
                what,
                bytes,
                runs,
                Medians.of(own.stream().map(Figures::mbPerS).toList()),
                Medians.of(others.stream().map(Figures::mbPerS).toList()),
                Medians.of(ratios),
                Medians.of(own.stream().map(Figures::allocatedPerByte).toList()),
                Medians.of(others.stream().map(Figures::allocatedPerByte).toList()),
                requests.sum() / (double) ((runs + 1) * calls));
    }

    private Figures measure(long bytes, Turn turn) throws Exception {
        long allocated = threads.getTotalThreadAllocatedBytes();
        long startNs = System.nanoTime();
        turn.take();
        long elapsedNs = System.nanoTime() - startNs;
        return new Figures(
                bytes / 1e6 / (elapsedNs / 1e9),
                (threads.getTotalThreadAllocatedBytes() - allocated) / (double) bytes);
    }
}
