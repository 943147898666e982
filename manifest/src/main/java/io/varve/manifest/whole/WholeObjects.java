// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.whole;

import io.varve.manifest.CorruptObjectException;
import io.varve.objectstore.ByteRange;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectSlice;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Reads, lists and puts objects as a whole. Thread-safe.
public final class WholeObjects {
    private static final int PAGE_KEYS = 1_000;

    private WholeObjects() {}

    /// All bytes of an object, in one request.
    ///
    /// @throws ObjectStoreException.NotFound there is none
    public static byte[] read(ObjectStore store, String key) throws ObjectStoreException {
        ObjectSlice slice =
                store.get(key, ByteRange.span(0, Math.toIntExact(ObjectStore.MAX_OBJECT_BYTES)));
        byte[] bytes = new byte[slice.bytes().remaining()];
        slice.bytes().get(bytes);
        if (slice.objectBytes() != bytes.length) {
            throw new CorruptObjectException(
                    "object did not come back whole: object="
                            + key
                            + ", bytes="
                            + slice.objectBytes()
                            + ", read="
                            + bytes.length);
        }
        return bytes;
    }

    /// As [#read], empty when there is none.
    public static Optional<byte[]> find(ObjectStore store, String key) throws ObjectStoreException {
        try {
            return Optional.of(read(store, key));
        } catch (ObjectStoreException.NotFound e) {
            return Optional.empty();
        }
    }

    /// Puts an object if absent, and finds out whose is there when the answer is "already there" or
    /// unknown. Bytes equal to ours are ours: contents that must be told apart carry something
    /// unique.
    ///
    /// @throws ObjectStoreException.Transient the outcome is unknown and the object was not there
    ///   yet when we looked: it may still appear; calling again with the same bytes is safe
    public static PutOnce<byte[]> putOnce(ObjectStore store, String key, byte[] content)
            throws ObjectStoreException {
        try {
            store.put(key, ObjectBody.of(content), PutMode.IF_ABSENT);
            return new PutOnce.Ours<>(content);
        } catch (ObjectStoreException.AlreadyExists e) {
            return whose(content, read(store, key));
        } catch (ObjectStoreException.Transient e) {
            Optional<byte[]> there = find(store, key);
            if (there.isEmpty()) {
                throw e;
            }
            return whose(content, there.get());
        }
    }

    private static PutOnce<byte[]> whose(byte[] ours, byte[] there) {
        return Arrays.equals(ours, there) ? new PutOnce.Ours<>(there) : new PutOnce.Theirs<>(there);
    }

    /// Every object below a prefix, in key order. For prefixes that stay narrow.
    public static List<ObjectInfo> list(ObjectStore store, String prefix)
            throws ObjectStoreException {
        List<ObjectInfo> all = new ArrayList<>();
        walk(store, prefix, "", all::add);
        return all;
    }

    /// Shows the objects below a prefix in key order, one page in memory at a time, until there are
    /// none or the visitor has seen enough.
    ///
    /// @param startAfter the first one shown comes behind this key; empty for all
    public static void walk(ObjectStore store, String prefix, String startAfter, Visitor visitor)
            throws ObjectStoreException {
        String after = startAfter;
        while (true) {
            List<ObjectInfo> page = store.list(prefix, after, PAGE_KEYS);
            for (ObjectInfo object : page) {
                if (!visitor.wantsMoreThan(object)) {
                    return;
                }
            }
            if (page.size() < PAGE_KEYS) {
                return;
            }
            after = page.getLast().key();
        }
    }

    /// Is shown objects.
    @FunctionalInterface
    public interface Visitor {
        /// @return false to be shown no further one
        boolean wantsMoreThan(ObjectInfo object) throws ObjectStoreException;
    }
}
