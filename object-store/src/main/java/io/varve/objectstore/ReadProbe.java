// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import io.varve.objectstore.ProbeResult.Check;
import io.varve.objectstore.ProbeResult.Outcome;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Tries of a store only what a reader needs, and writes nothing: lists, reads the first object it
/// finds in ranges, asks for one that is not there. Owner: one call.
public final class ReadProbe {
    private static final int PAGE = 10;
    private static final int SPAN_BYTES = 1_000;

    private final ObjectStore store;
    private final String absentKey;
    private final ProbeSteps steps;
    private @Nullable ObjectInfo first;

    private ReadProbe(ObjectStore store, String absentKey, InstantSource clock) {
        this.store = store;
        this.absentKey = ObjectKeys.check(absentKey);
        this.steps = new ProbeSteps(store, clock);
    }

    /// @param absentKey a key that nobody has
    /// @param clock the host's
    public static ProbeResult run(ObjectStore store, String absentKey, InstantSource clock) {
        return new ReadProbe(store, absentKey, clock).run();
    }

    private ProbeResult run() {
        steps.check(Check.LIST_AFTER_WRITE, this::list);
        steps.check(Check.RANGED_READ, this::readRanges);
        steps.check(Check.MISSING, this::askForNothing);
        return steps.end(steps.stopped() ? StoreTraits.UNKNOWN : store.traits());
    }

    private Outcome list() throws ObjectStoreException {
        List<ObjectInfo> page = store.list("", "", PAGE);
        if (page.isEmpty()) {
            return new Outcome.Noted("nothing is there to be read");
        }
        ObjectInfo least = page.getFirst();
        first = least;
        for (int i = 1; i < page.size(); i++) {
            if (page.get(i - 1).key().compareTo(page.get(i).key()) >= 0) {
                return new Outcome.Broken(
                        "a listing is not in the order of its keys: key="
                                + page.get(i - 1).key()
                                + ", next="
                                + page.get(i).key());
            }
        }
        List<ObjectInfo> rest = store.list("", least.key(), PAGE);
        return ProbeSteps.unless(
                !rest.isEmpty() && rest.getFirst().key().compareTo(least.key()) <= 0,
                "a listing after a key begins before it: key=" + least.key());
    }

    /// Any object may be replaced or deleted meanwhile: that is no fault of the store.
    private Outcome readRanges() throws ObjectStoreException {
        ObjectInfo object = first;
        if (object == null) {
            return new Outcome.Skipped("there is no object to read");
        }
        try {
            return read(object);
        } catch (ObjectStoreException.NotFound e) {
            return new Outcome.Skipped("the object was deleted meanwhile: key=" + object.key());
        }
    }

    private Outcome read(ObjectInfo object) throws ObjectStoreException {
        String key = object.key();
        ObjectSlice start = store.get(key, ByteRange.span(0, SPAN_BYTES));
        ObjectSlice tail = store.get(key, ByteRange.tail(SPAN_BYTES));
        long bytes = start.objectBytes();
        if (tail.objectBytes() != bytes) {
            return new Outcome.Skipped("the object was replaced meanwhile: key=" + key);
        }
        long expected = Math.min(SPAN_BYTES, bytes);
        boolean right =
                start.bytes().remaining() == expected
                        && tail.bytes().remaining() == expected
                        && agree(start.bytes(), tail.bytes(), bytes);
        return ProbeSteps.unless(!right, "two reads of one object do not agree: key=" + key);
    }

    /// Where the first and the last bytes overlap, they are the same ones.
    private static boolean agree(ByteBuffer start, ByteBuffer tail, long bytes) {
        int common = (int) Math.max(0, 2L * SPAN_BYTES - bytes);
        int overlap = Math.min(common, start.remaining());
        ByteBuffer end = start.slice(start.limit() - overlap, overlap);
        return end.equals(tail.slice(tail.position(), overlap));
    }

    private Outcome askForNothing() throws ObjectStoreException {
        try {
            store.get(absentKey, ByteRange.tail(1));
            return new Outcome.Broken("an object is there that nobody put: key=" + absentKey);
        } catch (ObjectStoreException.NotFound e) {
            return ProbeSteps.unless(
                    store.head(absentKey).isPresent(),
                    "an object is there and is not: key=" + absentKey);
        }
    }
}
