// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import io.varve.objectstore.ByteRange;
import io.varve.objectstore.CountingObjectStore;
import io.varve.objectstore.DeleteResult;
import io.varve.objectstore.ForwardingObjectStore;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectSlice;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.RequestCounts;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/// A store that cannot be written through: whoever has only this one can change nothing. Counts its
/// requests and lets a bounded number through at once. Thread-safe; closing it does not close the
/// store behind it.
final class ReadOnlyObjectStore extends ForwardingObjectStore {
    private final CountingObjectStore store;
    private final Semaphore permits;

    /// @param atOnce requests in flight
    ReadOnlyObjectStore(ObjectStore store, int atOnce) {
        super(store);
        this.store = new CountingObjectStore(store);
        this.permits = new Semaphore(atOnce);
    }

    RequestCounts counts() {
        return store.counts();
    }

    @Override
    public ObjectInfo put(String key, ObjectBody body, PutMode mode) {
        throw new UnsupportedOperationException("an audit writes nothing: key=" + key);
    }

    @Override
    public Map<String, DeleteResult> delete(Collection<String> keys) {
        throw new UnsupportedOperationException("an audit deletes nothing: keys=" + keys);
    }

    @Override
    public ObjectSlice get(String key, ByteRange range) throws ObjectStoreException {
        permits.acquireUninterruptibly();
        try {
            return store.get(key, range);
        } finally {
            permits.release();
        }
    }

    @Override
    public Optional<ObjectInfo> head(String key) throws ObjectStoreException {
        permits.acquireUninterruptibly();
        try {
            return store.head(key);
        } finally {
            permits.release();
        }
    }

    @Override
    public List<ObjectInfo> list(String prefix, String startAfter, int maxKeys)
            throws ObjectStoreException {
        permits.acquireUninterruptibly();
        try {
            return store.list(prefix, startAfter, maxKeys);
        } finally {
            permits.release();
        }
    }

    @Override
    public Instant serverTime() throws ObjectStoreException {
        return store.serverTime();
    }

    @Override
    public void close() {}
}
