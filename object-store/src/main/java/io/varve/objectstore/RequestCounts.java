// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.util.EnumMap;
import java.util.Map;

/// How many requests of each kind a store has got, at one moment. Every operation has an entry.
/// Immutable.
public record RequestCounts(Map<StoreOperation, OperationCounts> byOperation) {
    public RequestCounts {
        Map<StoreOperation, OperationCounts> all = new EnumMap<>(StoreOperation.class);
        for (StoreOperation operation : StoreOperation.values()) {
            all.put(operation, byOperation.getOrDefault(operation, OperationCounts.NONE));
        }
        byOperation = Map.copyOf(all);
    }

    /// @param requests calls of the store, failed ones too
    /// @param failures those that threw an [ObjectStoreException], of whatever kind
    /// @param objects objects put, read, found, listed, or asked to be deleted, by the requests
    ///   that did not fail
    /// @param bytes bytes put or read by the requests that did not fail
    public record OperationCounts(long requests, long failures, long objects, long bytes) {
        static final OperationCounts NONE = new OperationCounts(0, 0, 0, 0);

        private OperationCounts minus(OperationCounts earlier) {
            return new OperationCounts(
                    requests - earlier.requests,
                    failures - earlier.failures,
                    objects - earlier.objects,
                    bytes - earlier.bytes);
        }
    }

    public OperationCounts of(StoreOperation operation) {
        return byOperation.getOrDefault(operation, OperationCounts.NONE);
    }

    /// Requests of all kinds.
    public long requests() {
        return byOperation.values().stream().mapToLong(OperationCounts::requests).sum();
    }

    /// Bytes that were put.
    public long bytesOut() {
        return of(StoreOperation.PUT).bytes();
    }

    /// Bytes that were read.
    public long bytesIn() {
        return of(StoreOperation.GET).bytes();
    }

    /// What came since an earlier snapshot of the same store.
    public RequestCounts minus(RequestCounts earlier) {
        Map<StoreOperation, OperationCounts> difference = new EnumMap<>(StoreOperation.class);
        byOperation.forEach(
                (operation, now) -> difference.put(operation, now.minus(earlier.of(operation))));
        return new RequestCounts(difference);
    }
}
