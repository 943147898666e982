// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.faulty;

import io.varve.objectstore.ByteRange;
import io.varve.objectstore.DeleteResult;
import io.varve.objectstore.ForwardingObjectStore;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectKeys;
import io.varve.objectstore.ObjectSlice;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.StoreOperation;
import io.varve.objectstore.faulty.FaultPlan.Request;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// A store that lies as a [FaultPlan] tells it, over a store that does not. It remembers its lies,
/// so that a test can tell what its subject should have noticed. Requests with bad arguments are
/// refused before the plan is asked.
///
/// Thread-safe; requests of several threads reach the plan one after the other.
public final class FaultyObjectStore extends ForwardingObjectStore {
    /// How many lies are remembered; later ones are counted only.
    static final int LIES_KEPT_MAX = 10_000;

    private final ObjectStore truth;
    private final FaultPlan plan;
    private final Waiter waiter;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Lie> lies = new ArrayList<>();
    private long requests;
    private long liesTold;

    /// A request and the lie about it.
    public record Lie(Request request, Fault fault) {}

    /// @param truth does the work; closed by [#close]
    public FaultyObjectStore(ObjectStore truth, FaultPlan plan, Waiter waiter) {
        super(truth);
        this.truth = truth;
        this.plan = plan;
        this.waiter = waiter;
    }

    /// The first lies that were told, in their order.
    public List<Lie> lies() {
        lock.lock();
        try {
            return List.copyOf(lies);
        } finally {
            lock.unlock();
        }
    }

    /// How many lies were told.
    public long liesTold() {
        lock.lock();
        try {
            return liesTold;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public ObjectInfo put(String key, ObjectBody body, PutMode mode) throws ObjectStoreException {
        ObjectKeys.check(key);
        return lie(
                StoreOperation.PUT,
                key,
                fault ->
                        fault instanceof Fault.TearPut tear
                                ? tornPut(key, body, mode, tear.keptBytes())
                                : truth.put(key, body, mode));
    }

    private ObjectInfo tornPut(String key, ObjectBody body, PutMode mode, long keptBytes)
            throws ObjectStoreException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        try {
            body.writeTo(Channels.newChannel(content));
        } catch (ObjectStoreException e) {
            throw e;
        } catch (IOException e) {
            throw new ObjectStoreException.Denied("cannot read the body: key=" + key, e);
        }
        int kept = (int) Math.min(keptBytes, Math.max(0, body.bytes() - 1));
        ObjectInfo stored =
                truth.put(key, ObjectBody.of(Arrays.copyOf(content.toByteArray(), kept)), mode);
        return new ObjectInfo(key, body.bytes(), stored.lastModified());
    }

    @Override
    public ObjectSlice get(String key, ByteRange range) throws ObjectStoreException {
        ObjectKeys.check(key);
        return lie(
                StoreOperation.GET,
                key,
                fault -> {
                    ObjectSlice slice = truth.get(key, range);
                    return switch (fault) {
                        case Fault.FlipGet flip -> flipped(slice, flip.bit());
                        case Fault.CutGet cut -> cut(slice, cut.keptBytes());
                        case null, default -> slice;
                    };
                });
    }

    private static ObjectSlice flipped(ObjectSlice slice, long bit) {
        ByteBuffer bytes = slice.bytes();
        if (bytes.hasRemaining()) {
            long position = Math.floorMod(bit, 8L * bytes.remaining());
            int at = (int) (position / 8);
            bytes.put(at, (byte) (bytes.get(at) ^ (1 << (position % 8))));
        }
        return slice;
    }

    private static ObjectSlice cut(ObjectSlice slice, int keptBytes) {
        int kept = Math.min(keptBytes, Math.max(0, slice.bytes().remaining() - 1));
        return new ObjectSlice(slice.bytes().slice(0, kept), slice.position(), slice.objectBytes());
    }

    @Override
    public Optional<ObjectInfo> head(String key) throws ObjectStoreException {
        ObjectKeys.check(key);
        return lie(StoreOperation.HEAD, key, fault -> truth.head(key));
    }

    @Override
    public List<ObjectInfo> list(String prefix, String startAfter, int maxKeys)
            throws ObjectStoreException {
        ObjectKeys.checkListing(prefix, startAfter, maxKeys);
        return lie(
                StoreOperation.LIST,
                prefix,
                fault -> {
                    List<ObjectInfo> page = truth.list(prefix, startAfter, maxKeys);
                    if (fault instanceof Fault.ForgetEntry forget && !page.isEmpty()) {
                        boolean last = page.size() < maxKeys;
                        List<ObjectInfo> shown = new ArrayList<>(page);
                        shown.remove(Math.floorMod(forget.entry(), page.size()));
                        if (!last) {
                            shown.addAll(truth.list(prefix, page.getLast().key(), 1));
                        }
                        return shown;
                    }
                    return page;
                });
    }

    @Override
    public Map<String, DeleteResult> delete(Collection<String> keys) throws ObjectStoreException {
        ObjectKeys.checkBatch(keys);
        String first = keys.stream().findFirst().orElse("");
        return lie(
                StoreOperation.DELETE,
                first,
                fault -> {
                    if (fault instanceof Fault.KeepOne keep && !keys.isEmpty()) {
                        return deleteAllButOne(keys, keep.entry());
                    }
                    return truth.delete(keys);
                });
    }

    private Map<String, DeleteResult> deleteAllButOne(Collection<String> keys, int entry)
            throws ObjectStoreException {
        List<String> distinct = new ArrayList<>(keys.stream().distinct().toList());
        String kept = distinct.remove(Math.floorMod(entry, distinct.size()));
        Map<String, DeleteResult> results = new LinkedHashMap<>(truth.delete(distinct));
        results.put(
                kept,
                new DeleteResult.Failed(
                        new ObjectStoreException.Transient(
                                "made up: delete failed: key=" + kept, null)));
        return results;
    }

    @Override
    public Instant serverTime() throws ObjectStoreException {
        return lie(StoreOperation.SERVER_TIME, "", fault -> truth.serverTime());
    }

    private <T> T lie(StoreOperation operation, String key, Work<T> work)
            throws ObjectStoreException {
        Optional<Fault> planned = ask(operation, key);
        if (planned.isEmpty()) {
            return work.doing(null);
        }
        Fault fault = planned.get();
        String request = operation + ", key=" + key;
        return switch (fault) {
            case Fault.FailBefore _ ->
                    throw new ObjectStoreException.Transient(
                            "made up: connection refused: request=" + request, null);
            case Fault.Throttle _ ->
                    throw new ObjectStoreException.Transient(
                            "made up: 503 slow down: request=" + request, null);
            case Fault.Deny _ ->
                    throw new ObjectStoreException.Denied(
                            "made up: denied: request=" + request, null);
            case Fault.FailAfter _ -> {
                work.doing(null);
                throw new ObjectStoreException.Transient(
                        "made up: connection lost: request=" + request, null);
            }
            case Fault.Delay delay -> {
                waiter.await(delay.time());
                yield work.doing(null);
            }
            case Fault.TearPut _,
                    Fault.FlipGet _,
                    Fault.CutGet _,
                    Fault.ForgetEntry _,
                    Fault.KeepOne _ ->
                    work.doing(fault);
        };
    }

    private Optional<Fault> ask(StoreOperation operation, String key) {
        lock.lock();
        try {
            Request request = new Request(requests++, operation, key);
            Optional<Fault> fault = plan.next(request);
            if (fault.isPresent()) {
                if (!fault.get().operations().contains(operation)) {
                    throw new IllegalStateException(
                            "plan gives a fault that does not fit: request="
                                    + request
                                    + ", fault="
                                    + fault);
                }
                liesTold++;
                if (lies.size() < LIES_KEPT_MAX) {
                    lies.add(new Lie(request, fault.get()));
                }
            }
            return fault;
        } finally {
            lock.unlock();
        }
    }

    @FunctionalInterface
    private interface Work<T> {
        /// @param how a fault that is in the work or its answer; null to do it right
        T doing(@Nullable Fault how) throws ObjectStoreException;
    }
}
