// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.util.Optional;
import java.util.random.RandomGenerator;

/// A put that can be recognised later: its object carries, as metadata, a number that no other put
/// has. Where the answer leaves open what became of the put, or where an earlier attempt of the
/// same call may be the object that is in the way, [#settle] reads: with this put's stamp it has
/// succeeded, with another it has lost, without an object nobody knows. Immutable.
///
/// @param stamp 1 to 32 hexadecimal digits
public record StampedPut(String key, PutMode mode, String stamp) {

    /// @param random secure, and not shared with whoever replays
    public static StampedPut of(String key, PutMode mode, RandomGenerator random) {
        return new StampedPut(
                key,
                mode,
                Long.toHexString(random.nextLong()) + Long.toHexString(random.nextLong()));
    }

    /// An object as it lies in the bucket.
    ///
    /// @param stamp of the put that made it; empty when it has none
    public record Found(ObjectInfo info, Optional<String> stamp) {}

    /// Reads the metadata of this put's key.
    @FunctionalInterface
    public interface Look {
        Optional<Found> look() throws ObjectStoreException;
    }

    /// Finds out by reading what became of the put.
    ///
    /// @param attempts how many requests were made, at most
    /// @param error what the put met; thrown when reading does not tell better
    public ObjectInfo settle(int attempts, ObjectStoreException error, Look look)
            throws ObjectStoreException {
        boolean exists = error instanceof ObjectStoreException.AlreadyExists;
        if (attempts <= 1 && !exists && !(error instanceof ObjectStoreException.Transient)) {
            throw error;
        }
        Optional<Found> there;
        try {
            there = look.look();
        } catch (ObjectStoreException unread) {
            ObjectStoreException thrown =
                    exists
                            ? new ObjectStoreException.Transient(
                                    "object exists, and whose it is could not be read: key=" + key,
                                    error)
                            : error;
            thrown.addSuppressed(unread);
            throw thrown;
        }
        if (there.isPresent() && there.get().stamp().equals(Optional.of(stamp))) {
            return there.get().info();
        }
        if (there.isPresent() && mode == PutMode.IF_ABSENT && !exists) {
            throw new ObjectStoreException.AlreadyExists(
                    "object exists, of another put: key=" + key, error);
        }
        throw error;
    }
}
