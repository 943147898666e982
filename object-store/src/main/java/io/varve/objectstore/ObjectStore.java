// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A bucket: immutable bytes under keys. This documentation is the specification;
/// `ObjectStoreContract` checks every backend against it.
///
/// **Keys** follow [ObjectKeys#check]: ASCII, 1 to 1,023 bytes, parts of 1 to 254 bytes separated
/// by single slashes, the first part not `.tmp`. Every method refuses another key with
/// [IllegalArgumentException] before any request, alike on all backends. No key may be both an
/// object and the folder of another object; callers keep to that (a directory denies the second
/// put). What others put into a bucket under names that are no keys is not listed.
///
/// **Atomicity.** A put is seen whole or not at all, also after a crash of either side. A put is
/// one request; there is no multipart. A successful put is durable and visible to every later get,
/// head and list.
///
/// **Unknown outcome.** When [put] or [delete] throws [ObjectStoreException.Transient], the work
/// may or may not have been done: read before acting.
///
/// **Retries** happen inside the backend (its SDK), nowhere else. Each call has a deadline.
///
/// Thread-safe. Calls block; they are made from virtual threads, never from event loops or Raft's
/// threads.
public interface ObjectStore extends AutoCloseable {

    /// Largest object that one put may carry: 512 MiB.
    long MAX_OBJECT_BYTES = 512L << 20;

    /// Stores `body` under `key` in one request. The body's CRC32C is verified on the way where the
    /// store can, and always checked against the declared length and checksum before anything
    /// becomes visible where the backend is ours.
    ///
    /// @return what was stored, with the store's time when it answered; what head and listings tell
    ///   may be a little earlier
    /// @throws ObjectStoreException.Denied also when the body's bytes are not those it declares;
    ///   nothing is stored then
    /// @throws ObjectStoreException.AlreadyExists mode is [PutMode#IF_ABSENT] and the key exists
    ///   (also: a racing put won)
    ObjectInfo put(String key, ObjectBody body, PutMode mode) throws ObjectStoreException;

    /// Reads a range. A range that ends behind the object is cut to what exists; the answer says
    /// how large the whole object is. Any range of an empty object is empty.
    ///
    /// @throws ObjectStoreException.NotFound no such object
    /// @throws ObjectStoreException.InvalidRange the range starts at or behind the end of a
    ///   non-empty object
    ObjectSlice get(String key, ByteRange range) throws ObjectStoreException;

    /// Size and time of an object, or empty when there is none. Never reads the body.
    Optional<ObjectInfo> head(String key) throws ObjectStoreException;

    /// Up to `maxKeys` (1 to 1,000) objects whose key starts with `prefix` and is greater than
    /// `startAfter`, in the order of the keys' bytes. `startAfter` is exclusive, need not exist,
    /// and may be empty (from the beginning). `prefix` may be empty or end in the middle of a part.
    /// One page is no snapshot: what is put or deleted meanwhile may be in it or not. A list
    /// shorter than `maxKeys` is the last page.
    List<ObjectInfo> list(String prefix, String startAfter, int maxKeys)
            throws ObjectStoreException;

    /// Deletes up to 1,000 objects. The answer has exactly one entry per asked key (asked twice:
    /// one entry). Deleting what does not exist is [DeleteResult.Deleted].
    Map<String, DeleteResult> delete(Collection<String> keys) throws ObjectStoreException;

    /// The store's own clock, from a fresh answer (the Date header; for a directory the time of the
    /// file system's host).
    Instant serverTime() throws ObjectStoreException;

    /// The URL that names this bucket, without credentials. For messages.
    String url();

    /// The directory in which the objects lie as files, where the bucket is one: whoever keeps
    /// copies of objects on the same file system saves nothing by it.
    default Optional<Path> directory() {
        return Optional.empty();
    }

    /// What the bucket is: versioned, locked, where. Asks the store, at most a few requests; what
    /// it does not tell, also for lack of permission or because it is away, is unknown. For the
    /// start and for people, not for hot paths.
    default StoreTraits traits() {
        return StoreTraits.UNKNOWN;
    }

    /// The objects called `name` in the folders around what this store serves (its URL's prefix, or
    /// its directory), the nearest first; none where it serves a whole bucket. At most
    /// [EnclosingObject#FOLDERS_MAX] small reads; what may not be read there, or is larger than
    /// [EnclosingObject#BYTES_MAX], is left out.
    ///
    /// @param name one part of a key
    default List<EnclosingObject> enclosing(String name) throws ObjectStoreException {
        return List.of();
    }

    /// Idempotent; bounded in time.
    @Override
    void close();
}
