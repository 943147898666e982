// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.governed;

import io.varve.objectstore.ByteRange;
import io.varve.objectstore.DeleteResult;
import io.varve.objectstore.EnclosingObject;
import io.varve.objectstore.ForwardingObjectStore;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectSlice;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.RequestMeter;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.function.ToLongFunction;

/// A bucket whose every call waits for its turn ([StoreGovernor]), as seen by whoever has a
/// priority. All parts of a process that use one bucket share one of these. Thread-safe.
public final class GovernedBucket implements AutoCloseable {
    /// What a get is taken to move before it is known: ranges are often asked for larger than the
    /// object is.
    private static final long GET_BYTES_GUESSED_MAX = 8 << 20;

    private final ObjectStore store;
    private final StoreGovernor governor;
    private final RequestMeter meter;

    /// @param store closed by [#close]; its listener tells the governor and the meter of requests
    /// @param meter is told the bytes of bodies
    public GovernedBucket(ObjectStore store, StoreGovernor governor, RequestMeter meter) {
        this.store = store;
        this.governor = governor;
        this.meter = meter;
    }

    /// The bucket for calls of this priority. Closing it does nothing.
    public ObjectStore as(Priority priority) {
        return new View(priority, () -> {});
    }

    /// The same for whoever has no other use for the bucket: closing it closes the bucket.
    public ObjectStore allAs(Priority priority) {
        return new View(priority, this::close);
    }

    public StoreGovernor governor() {
        return governor;
    }

    public RequestMeter meter() {
        return meter;
    }

    public String url() {
        return store.url();
    }

    @Override
    public void close() {
        store.close();
    }

    private final class View extends ForwardingObjectStore {
        private final Priority priority;
        private final Runnable closing;

        View(Priority priority, Runnable closing) {
            super(store);
            this.priority = priority;
            this.closing = closing;
        }

        @Override
        public ObjectInfo put(String key, ObjectBody body, PutMode mode)
                throws ObjectStoreException {
            return call(
                    body.bytes(), () -> store.put(key, body, mode), ObjectInfo::bytes, meter::sent);
        }

        @Override
        public ObjectSlice get(String key, ByteRange range) throws ObjectStoreException {
            long asked =
                    switch (range) {
                        case ByteRange.Span span -> span.length();
                        case ByteRange.Tail tail -> tail.length();
                    };
            return call(
                    Math.min(asked, GET_BYTES_GUESSED_MAX),
                    () -> store.get(key, range),
                    slice -> slice.bytes().remaining(),
                    meter::read);
        }

        @Override
        public Optional<ObjectInfo> head(String key) throws ObjectStoreException {
            return call(() -> store.head(key));
        }

        @Override
        public List<ObjectInfo> list(String prefix, String startAfter, int maxKeys)
                throws ObjectStoreException {
            return call(() -> store.list(prefix, startAfter, maxKeys));
        }

        @Override
        public Map<String, DeleteResult> delete(Collection<String> keys)
                throws ObjectStoreException {
            Map<String, DeleteResult> results = call(() -> store.delete(keys));
            if (results.values().stream().anyMatch(View::wantedLater)) {
                governor.askedToSlowDown();
            }
            return results;
        }

        private static boolean wantedLater(DeleteResult result) {
            return result instanceof DeleteResult.Failed(ObjectStoreException error)
                    && error instanceof ObjectStoreException.Transient;
        }

        @Override
        public Instant serverTime() throws ObjectStoreException {
            return call(store::serverTime);
        }

        @Override
        public List<EnclosingObject> enclosing(String name) throws ObjectStoreException {
            return call(() -> store.enclosing(name));
        }

        @Override
        public void close() {
            closing.run();
        }

        private <A> A call(Call<A> call) throws ObjectStoreException {
            return call(0, call, answer -> 0, bytes -> {});
        }

        private <A> A call(long asked, Call<A> call, ToLongFunction<A> bytes, LongConsumer moved)
                throws ObjectStoreException {
            StoreGovernor.Permit permit = governor.acquire(priority, asked);
            long spent = asked;
            try {
                A answer = call.send();
                spent = bytes.applyAsLong(answer);
                moved.accept(spent);
                return answer;
            } finally {
                permit.release(spent);
            }
        }
    }

    @FunctionalInterface
    private interface Call<A> {
        A send() throws ObjectStoreException;
    }
}
