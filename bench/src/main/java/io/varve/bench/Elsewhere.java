// SPDX-License-Identifier: Apache-2.0
package io.varve.bench;

import io.varve.objectstore.ByteRange;
import io.varve.objectstore.DeleteResult;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectSlice;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A store that does not tell where its objects lie, so that they are cached on disk as those of a
/// bucket elsewhere. Thread-safe.
record Elsewhere(ObjectStore store) implements ObjectStore {
    @Override
    public ObjectInfo put(String key, ObjectBody body, PutMode mode) throws ObjectStoreException {
        return store.put(key, body, mode);
    }

    @Override
    public ObjectSlice get(String key, ByteRange range) throws ObjectStoreException {
        return store.get(key, range);
    }

    @Override
    public Optional<ObjectInfo> head(String key) throws ObjectStoreException {
        return store.head(key);
    }

    @Override
    public List<ObjectInfo> list(String prefix, String startAfter, int maxKeys)
            throws ObjectStoreException {
        return store.list(prefix, startAfter, maxKeys);
    }

    @Override
    public Map<String, DeleteResult> delete(Collection<String> keys) throws ObjectStoreException {
        return store.delete(keys);
    }

    @Override
    public Instant serverTime() throws ObjectStoreException {
        return store.serverTime();
    }

    @Override
    public String url() {
        return store.url();
    }

    @Override
    public void close() {
        store.close();
    }
}
