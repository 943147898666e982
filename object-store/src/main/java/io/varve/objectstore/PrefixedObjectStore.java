// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The part of a bucket below a prefix, as a bucket of its own: keys are relative to the prefix.
/// Thread-safe.
final class PrefixedObjectStore extends ForwardingObjectStore {
    private final ObjectStore store;
    private final String prefix;
    private final String url;

    /// @param prefix parts of a key, each followed by a slash
    /// @param url names this part of the bucket
    PrefixedObjectStore(ObjectStore store, String prefix, String url) {
        super(store);
        if (!prefix.endsWith("/")) {
            throw new IllegalArgumentException(
                    "prefix does not end with a slash: prefix=" + prefix);
        }
        ObjectKeys.check(prefix.substring(0, prefix.length() - 1));
        this.store = store;
        this.prefix = prefix;
        this.url = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    }

    @Override
    public ObjectInfo put(String key, ObjectBody body, PutMode mode) throws ObjectStoreException {
        return relative(store.put(absolute(key), body, mode));
    }

    @Override
    public ObjectSlice get(String key, ByteRange range) throws ObjectStoreException {
        return store.get(absolute(key), range);
    }

    @Override
    public Optional<ObjectInfo> head(String key) throws ObjectStoreException {
        return store.head(absolute(key)).map(this::relative);
    }

    @Override
    public List<ObjectInfo> list(String keyPrefix, String startAfter, int maxKeys)
            throws ObjectStoreException {
        ObjectKeys.checkListing(keyPrefix, startAfter, maxKeys);
        String start = startAfter.isEmpty() ? "" : prefix + startAfter;
        return store.list(prefix + keyPrefix, start, maxKeys).stream().map(this::relative).toList();
    }

    @Override
    public Map<String, DeleteResult> delete(Collection<String> keys) throws ObjectStoreException {
        ObjectKeys.checkBatch(keys);
        Map<String, DeleteResult> results = LinkedHashMap.newLinkedHashMap(keys.size());
        store.delete(keys.stream().map(this::absolute).toList())
                .forEach((key, result) -> results.put(key.substring(prefix.length()), result));
        return results;
    }

    @Override
    public Instant serverTime() throws ObjectStoreException {
        return store.serverTime();
    }

    @Override
    public String url() {
        return url;
    }

    @Override
    public List<EnclosingObject> enclosing(String name) throws ObjectStoreException {
        List<EnclosingObject> found = new ArrayList<>();
        String folder = prefix;
        for (int looked = 0; looked < EnclosingObject.FOLDERS_MAX && !folder.isEmpty(); looked++) {
            folder = folder.substring(0, folder.lastIndexOf('/', folder.length() - 2) + 1);
            Optional<byte[]> content = small(folder + name);
            if (content.isPresent()) {
                String place = folder.isEmpty() ? "the bucket's root" : "prefix=" + folder;
                found.add(new EnclosingObject(place, content.get()));
            }
        }
        found.addAll(store.enclosing(name));
        return found;
    }

    /// What may not be read is none of ours: credentials are often for one prefix only.
    private Optional<byte[]> small(String key) throws ObjectStoreException {
        try {
            ObjectSlice slice = store.get(key, ByteRange.span(0, EnclosingObject.BYTES_MAX));
            if (slice.objectBytes() > EnclosingObject.BYTES_MAX) {
                return Optional.empty();
            }
            byte[] content = new byte[slice.bytes().remaining()];
            slice.bytes().duplicate().get(content);
            return Optional.of(content);
        } catch (ObjectStoreException.NotFound | ObjectStoreException.Denied e) {
            return Optional.empty();
        }
    }

    private String absolute(String key) {
        return prefix + ObjectKeys.check(key);
    }

    private ObjectInfo relative(ObjectInfo info) {
        return new ObjectInfo(
                info.key().substring(prefix.length()), info.bytes(), info.lastModified());
    }
}
