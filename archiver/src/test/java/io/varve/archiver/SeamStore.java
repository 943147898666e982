// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.objectstore.ByteRange;
import io.varve.objectstore.DeleteResult;
import io.varve.objectstore.EnclosingObject;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectSlice;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.StoreTraits;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// A store that records what is asked of it, and fails the n-th request before or after it did the
/// work, or all of them.
final class SeamStore implements ObjectStore {
    final List<String> operations = new ArrayList<>();
    private final ObjectStore inner;
    boolean away;
    private OptionalInt failAt = OptionalInt.empty();
    private boolean failAfterTheWork;
    private boolean failPut;
    private String failPutOf = "";
    private boolean awayAfterwards;
    private int requests;

    SeamStore(ObjectStore inner) {
        this.inner = inner;
    }

    /// The next put throws Transient.
    ///
    /// @param done whether it stores the object
    void failNextPut(boolean done) {
        failPut = true;
        failAfterTheWork = done;
    }

    /// The next put of a key with this in it throws Transient, and the store is away from then on.
    void goAwayAtPutOf(String part, boolean done) {
        failPut = true;
        failPutOf = part;
        awayAfterwards = true;
        failAfterTheWork = done;
    }

    /// The n-th request from now (0 = the next) throws Transient.
    void failAt(int n, boolean done) {
        failAt = OptionalInt.of(requests + n);
        failAfterTheWork = done;
    }

    int requests() {
        return requests;
    }

    boolean failed() {
        return failAt.isPresent() && requests > failAt.getAsInt();
    }

    private interface Work<T> {
        T run() throws ObjectStoreException;
    }

    private <T> T run(String what, Work<T> work) throws ObjectStoreException {
        operations.add(what);
        int request = requests++;
        boolean fails =
                away
                        || (failAt.isPresent() && failAt.getAsInt() == request)
                        || (failPut && what.startsWith("put ") && what.contains(failPutOf));
        if (!fails) {
            return work.run();
        }
        failPut = false;
        if (failAfterTheWork && !away) {
            work.run();
        }
        away |= awayAfterwards;
        awayAfterwards = false;
        throw new ObjectStoreException.Transient(
                "injected: request=" + request + ", " + what, null);
    }

    @Override
    public ObjectInfo put(String key, ObjectBody body, PutMode mode) throws ObjectStoreException {
        return run("put " + key, () -> inner.put(key, body, mode));
    }

    @Override
    public ObjectSlice get(String key, ByteRange range) throws ObjectStoreException {
        return run("get " + key, () -> inner.get(key, range));
    }

    @Override
    public Optional<ObjectInfo> head(String key) throws ObjectStoreException {
        return run("head " + key, () -> inner.head(key));
    }

    @Override
    public List<ObjectInfo> list(String prefix, String startAfter, int maxKeys)
            throws ObjectStoreException {
        return run("list " + prefix, () -> inner.list(prefix, startAfter, maxKeys));
    }

    @Override
    public Map<String, DeleteResult> delete(Collection<String> keys) throws ObjectStoreException {
        return run("delete " + keys, () -> new LinkedHashMap<>(inner.delete(keys)));
    }

    @Override
    public Instant serverTime() throws ObjectStoreException {
        return run("time", inner::serverTime);
    }

    @Override
    public String url() {
        return inner.url();
    }

    @Override
    public StoreTraits traits() {
        return inner.traits();
    }

    @Override
    public List<EnclosingObject> enclosing(String name) throws ObjectStoreException {
        return inner.enclosing(name);
    }

    @Override
    public void close() {}
}
