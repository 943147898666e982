// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import io.varve.objectstore.RequestCounts.OperationCounts;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToLongFunction;

/// Counts the requests to another store. Exact: a request is counted when it has ended, once; a
/// call that is refused for its arguments is no request. What is asked at the start only
/// ([ObjectStore#traits], [ObjectStore#enclosing]) is not counted. Thread-safe.
public final class CountingObjectStore extends ForwardingObjectStore {
    private final ObjectStore store;
    private final Map<StoreOperation, Counter> counters = new EnumMap<>(StoreOperation.class);

    /// @param store closed by [#close]
    public CountingObjectStore(ObjectStore store) {
        super(store);
        this.store = store;
        for (StoreOperation operation : StoreOperation.values()) {
            counters.put(operation, new Counter());
        }
    }

    /// The counts up to now. A request that ends meanwhile may be in some of them only.
    public RequestCounts counts() {
        Map<StoreOperation, OperationCounts> counts = new EnumMap<>(StoreOperation.class);
        counters.forEach((operation, counter) -> counts.put(operation, counter.counts()));
        return new RequestCounts(counts);
    }

    @Override
    public ObjectInfo put(String key, ObjectBody body, PutMode mode) throws ObjectStoreException {
        return count(
                StoreOperation.PUT, () -> store.put(key, body, mode), info -> 1, ObjectInfo::bytes);
    }

    @Override
    public ObjectSlice get(String key, ByteRange range) throws ObjectStoreException {
        return count(
                StoreOperation.GET,
                () -> store.get(key, range),
                slice -> 1,
                slice -> slice.bytes().remaining());
    }

    @Override
    public Optional<ObjectInfo> head(String key) throws ObjectStoreException {
        return count(
                StoreOperation.HEAD,
                () -> store.head(key),
                info -> info.isPresent() ? 1 : 0,
                info -> 0);
    }

    @Override
    public List<ObjectInfo> list(String prefix, String startAfter, int maxKeys)
            throws ObjectStoreException {
        return count(
                StoreOperation.LIST,
                () -> store.list(prefix, startAfter, maxKeys),
                List::size,
                page -> 0);
    }

    @Override
    public Map<String, DeleteResult> delete(Collection<String> keys) throws ObjectStoreException {
        return count(StoreOperation.DELETE, () -> store.delete(keys), Map::size, results -> 0);
    }

    @Override
    public Instant serverTime() throws ObjectStoreException {
        return count(StoreOperation.SERVER_TIME, store::serverTime, time -> 0, time -> 0);
    }

    private <T> T count(
            StoreOperation operation,
            Request<T> request,
            ToLongFunction<T> objects,
            ToLongFunction<T> bytes)
            throws ObjectStoreException {
        Counter counter = counterOf(operation);
        T answer;
        try {
            answer = request.send();
        } catch (ObjectStoreException e) {
            counter.requests.increment();
            counter.failures.increment();
            throw e;
        }
        counter.requests.increment();
        counter.objects.add(objects.applyAsLong(answer));
        counter.bytes.add(bytes.applyAsLong(answer));
        return answer;
    }

    private Counter counterOf(StoreOperation operation) {
        return Objects.requireNonNull(counters.get(operation));
    }

    @FunctionalInterface
    private interface Request<T> {
        T send() throws ObjectStoreException;
    }

    private static final class Counter {
        private final LongAdder requests = new LongAdder();
        private final LongAdder failures = new LongAdder();
        private final LongAdder objects = new LongAdder();
        private final LongAdder bytes = new LongAdder();

        OperationCounts counts() {
            return new OperationCounts(requests.sum(), failures.sum(), objects.sum(), bytes.sum());
        }
    }
}
