// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.memory;

import io.varve.objectstore.ByteRange;
import io.varve.objectstore.DeleteResult;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectKeys;
import io.varve.objectstore.ObjectSlice;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.StoreTraits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;

/// A bucket in memory: exact, without latency, gone with the process. Every put copies its bytes in
/// and every get copies them out, so that no caller can change an object. Closing it changes
/// nothing, as with a real bucket. Thread-safe.
public final class MemoryObjectStore implements ObjectStore {
    private final String name;
    private final InstantSource clock;
    private final ConcurrentSkipListMap<String, StoredObject> objects =
            new ConcurrentSkipListMap<>();

    public MemoryObjectStore(InstantSource clock) {
        this("", clock);
    }

    /// @param name only for [url]
    public MemoryObjectStore(String name, InstantSource clock) {
        this.name = name;
        this.clock = clock;
    }

    @Override
    public ObjectInfo put(String key, ObjectBody body, PutMode mode) throws ObjectStoreException {
        ObjectKeys.check(key);
        StoredObject object = new StoredObject(copy(body), clock.instant());
        if (mode == PutMode.OVERWRITE) {
            objects.put(key, object);
        } else if (objects.putIfAbsent(key, object) != null) {
            throw new ObjectStoreException.AlreadyExists("object exists: key=" + key, null);
        }
        return object.info(key);
    }

    private static ByteBuffer copy(ObjectBody body) throws ObjectStoreException {
        ArrayChannel channel = new ArrayChannel(Math.toIntExact(body.bytes()));
        try {
            body.writeTo(channel);
        } catch (ObjectStoreException e) {
            throw e;
        } catch (IOException e) {
            throw new ObjectStoreException.Denied("cannot read the body: bytes=" + body.bytes(), e);
        }
        return channel.content.flip().asReadOnlyBuffer();
    }

    @Override
    public ObjectSlice get(String key, ByteRange range) throws ObjectStoreException {
        ObjectKeys.check(key);
        StoredObject object = objects.get(key);
        if (object == null) {
            throw new ObjectStoreException.NotFound("no such object: key=" + key, null);
        }
        ByteRange.Resolved part = range.resolve(key, object.content.limit());
        ByteBuffer bytes = ByteBuffer.allocate(part.length());
        bytes.put(0, object.content, (int) part.position(), part.length());
        return new ObjectSlice(bytes, part.position(), object.content.limit());
    }

    @Override
    public Optional<ObjectInfo> head(String key) {
        ObjectKeys.check(key);
        return Optional.ofNullable(objects.get(key)).map(object -> object.info(key));
    }

    @Override
    public List<ObjectInfo> list(String prefix, String startAfter, int maxKeys) {
        ObjectKeys.checkListing(prefix, startAfter, maxKeys);
        var from =
                startAfter.compareTo(prefix) < 0
                        ? objects.tailMap(prefix, true)
                        : objects.tailMap(startAfter, false);
        List<ObjectInfo> page = new ArrayList<>();
        for (Map.Entry<String, StoredObject> entry : from.entrySet()) {
            if (page.size() == maxKeys || !entry.getKey().startsWith(prefix)) {
                break;
            }
            page.add(entry.getValue().info(entry.getKey()));
        }
        return page;
    }

    @Override
    public Map<String, DeleteResult> delete(Collection<String> keys) {
        ObjectKeys.checkBatch(keys);
        Map<String, DeleteResult> results = LinkedHashMap.newLinkedHashMap(keys.size());
        for (String key : keys) {
            objects.remove(key);
            results.put(key, new DeleteResult.Deleted());
        }
        return results;
    }

    @Override
    public Instant serverTime() {
        return clock.instant();
    }

    @Override
    public String url() {
        return "mem:" + name;
    }

    @Override
    public StoreTraits traits() {
        return StoreTraits.PLAIN;
    }

    @Override
    public void close() {}

    /// How many objects there are. For tests.
    public int objects() {
        return objects.size();
    }

    /// `content` runs from 0 to its limit and is read by absolute positions only.
    private record StoredObject(ByteBuffer content, Instant at) {
        ObjectInfo info(String key) {
            return new ObjectInfo(key, content.limit(), at);
        }
    }

    /// Fills one array of the declared size; [ObjectBody#writeTo] refuses a body of another size
    /// before it gets here.
    private static final class ArrayChannel implements WritableByteChannel {
        private final ByteBuffer content;

        ArrayChannel(int bytes) {
            this.content = ByteBuffer.allocate(bytes);
        }

        @Override
        public int write(ByteBuffer source) {
            int count = source.remaining();
            content.put(source);
            return count;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }
}
