// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToIntFunction;

/// A store without a network, each of whose calls is told of as one request, with the status that
/// HTTP has for what it came to. So a directory shows the same metrics as a service. What is asked
/// at the start only is not told of. Thread-safe.
final class ToldObjectStore extends ForwardingObjectStore {
    private static final int OK = 200;
    private static final int NOT_FOUND = 404;

    private final ObjectStore store;
    private final RequestListener listener;

    /// @param store closed by [#close]
    ToldObjectStore(ObjectStore store, RequestListener listener) {
        super(store);
        this.store = store;
        this.listener = listener;
    }

    @Override
    public ObjectInfo put(String key, ObjectBody body, PutMode mode) throws ObjectStoreException {
        return tell(StoreOperation.PUT, () -> store.put(key, body, mode), info -> OK);
    }

    @Override
    public ObjectSlice get(String key, ByteRange range) throws ObjectStoreException {
        return tell(StoreOperation.GET, () -> store.get(key, range), slice -> OK);
    }

    @Override
    public Optional<ObjectInfo> head(String key) throws ObjectStoreException {
        return tell(
                StoreOperation.HEAD,
                () -> store.head(key),
                info -> info.isPresent() ? OK : NOT_FOUND);
    }

    @Override
    public List<ObjectInfo> list(String prefix, String startAfter, int maxKeys)
            throws ObjectStoreException {
        return tell(StoreOperation.LIST, () -> store.list(prefix, startAfter, maxKeys), page -> OK);
    }

    @Override
    public Map<String, DeleteResult> delete(Collection<String> keys) throws ObjectStoreException {
        return tell(StoreOperation.DELETE, () -> store.delete(keys), results -> OK);
    }

    @Override
    public Instant serverTime() throws ObjectStoreException {
        return tell(StoreOperation.SERVER_TIME, store::serverTime, time -> OK);
    }

    /// A call that is refused for its arguments is no request.
    private <T> T tell(StoreOperation operation, Request<T> request, ToIntFunction<T> status)
            throws ObjectStoreException {
        long startNs = System.nanoTime();
        T answer;
        try {
            answer = request.send();
        } catch (ObjectStoreException e) {
            listener.answered(operation, status(e), System.nanoTime() - startNs);
            throw e;
        }
        listener.answered(operation, status.applyAsInt(answer), System.nanoTime() - startNs);
        return answer;
    }

    private static int status(ObjectStoreException error) {
        return switch (error) {
            case ObjectStoreException.Transient _ -> 500;
            case ObjectStoreException.NotFound _ -> NOT_FOUND;
            case ObjectStoreException.AlreadyExists _ -> 412;
            case ObjectStoreException.InvalidRange _ -> 416;
            case ObjectStoreException.Denied _ -> 403;
        };
    }

    @FunctionalInterface
    private interface Request<T> {
        T send() throws ObjectStoreException;
    }
}
