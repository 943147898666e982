// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import io.varve.objectstore.ObjectStoreException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;

/// Loads of one kind, each by the first who asks, shared by all who ask meanwhile. Keeps nothing
/// that ended. Thread-safe; callers block.
final class Loads<K, V> {
    /// Gets one value from the store.
    @FunctionalInterface
    interface Loader<V> {
        V load() throws ObjectStoreException;
    }

    private final ConcurrentHashMap<K, CompletableFuture<V>> underWay = new ConcurrentHashMap<>();

    V get(K key, Loader<V> loader) throws ObjectStoreException {
        CompletableFuture<V> mine = new CompletableFuture<>();
        CompletableFuture<V> other = underWay.putIfAbsent(key, mine);
        if (other != null) {
            return await(other);
        }
        try {
            V value = loader.load();
            mine.complete(value);
            underWay.remove(key, mine);
            return value;
        } catch (ObjectStoreException | RuntimeException | Error failure) {
            underWay.remove(key, mine); // first: nobody who comes later shares a failure
            mine.completeExceptionally(failure);
            throw failure;
        }
    }

    /// Waits for a load; throws what made it fail.
    static <V> V await(CompletableFuture<V> load) throws ObjectStoreException {
        try {
            return load.join();
        } catch (CompletionException e) {
            switch (e.getCause()) {
                case ObjectStoreException failure -> throw failure;
                case RuntimeException failure -> throw failure;
                case null, default -> throw e;
            }
        }
    }
}
