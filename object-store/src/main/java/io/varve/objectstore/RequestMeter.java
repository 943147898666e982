// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntPredicate;

/// Counts what a store really gets: requests by operation and status, each attempt by itself, and
/// the bytes of bodies. What calls come to, objects included, is counted by [CountingObjectStore],
/// around whichever part of the program one wants to know about; this is told below the SDK, of all
/// that goes to one bucket, and is what the store bills.
///
/// Exact: a request is counted once, when it has ended. Thread-safe.
public final class RequestMeter implements RequestListener {
    private final ConcurrentHashMap<Key, LongAdder> requests = new ConcurrentHashMap<>();
    private final LongAdder sentBytes = new LongAdder();
    private final LongAdder readBytes = new LongAdder();

    private record Key(StoreOperation operation, int status) {}

    /// The counts up to one moment. Immutable.
    ///
    /// @param byStatus requests of each operation that had any, by status (0: no answer)
    /// @param sentBytes bytes of bodies that were put
    /// @param readBytes bytes of bodies that were read
    public record Snapshot(
            Map<StoreOperation, Map<Integer, Long>> byStatus, long sentBytes, long readBytes) {

        /// Requests of one operation.
        public long requests(StoreOperation operation) {
            return requests(operation, status -> true);
        }

        /// Requests of one operation with one status.
        public long requests(StoreOperation operation, int status) {
            return requests(operation, asked -> asked == status);
        }

        private long requests(StoreOperation operation, IntPredicate wanted) {
            return byStatus.getOrDefault(operation, Map.of()).entrySet().stream()
                    .filter(each -> wanted.test(each.getKey()))
                    .mapToLong(Map.Entry::getValue)
                    .sum();
        }

        /// Requests of all kinds.
        public long requests() {
            return byStatus.keySet().stream().mapToLong(this::requests).sum();
        }

        /// Requests that stores charge as puts: put and list. A look at the clock may be a listing.
        public long puts() {
            return requests(StoreOperation.PUT)
                    + requests(StoreOperation.LIST)
                    + requests(StoreOperation.SERVER_TIME);
        }

        /// Requests that stores charge as gets: get and head.
        public long gets() {
            return requests(StoreOperation.GET) + requests(StoreOperation.HEAD);
        }
    }

    @Override
    public void answered(StoreOperation operation, int status, long elapsedNs) {
        requests.computeIfAbsent(new Key(operation, status), key -> new LongAdder()).increment();
    }

    /// A put went through.
    public void sent(long bytes) {
        sentBytes.add(bytes);
    }

    /// A get went through.
    public void read(long bytes) {
        readBytes.add(bytes);
    }

    /// Requests of one operation with one status up to now.
    public long requests(StoreOperation operation, int status) {
        LongAdder count = requests.get(new Key(operation, status));
        return count == null ? 0 : count.sum();
    }

    public long sentBytes() {
        return sentBytes.sum();
    }

    public long readBytes() {
        return readBytes.sum();
    }

    /// The counts up to now. A request that ends meanwhile may be in some of them only.
    public Snapshot snapshot() {
        Map<StoreOperation, Map<Integer, Long>> byStatus = new EnumMap<>(StoreOperation.class);
        requests.forEach((key, count) ->
                byStatus.computeIfAbsent(key.operation(), operation -> new TreeMap<>())
                        .put(key.status(), count.sum()));
        byStatus.replaceAll((operation, counts) -> Map.copyOf(counts));
        return new Snapshot(Map.copyOf(byStatus), sentBytes(), readBytes());
    }
}
