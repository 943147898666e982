// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.ShardId;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.pack.PackFacts;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.pack.PackKind;
import io.varve.manifest.pack.PackReader;
import io.varve.manifest.pack.PackWriter;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;

/// Puts END behind a shard's newest journal: from then on its last index is fixed for everybody,
/// and a leader of the old generation that meets it stops. Stateless.
final class JournalCloser {
    /// Journals that an old leader may put while we try; more means that it runs away from us.
    static final int TRIES_MAX = 1_000;

    private JournalCloser() {}

    /// @param index where END should go: the end of the newest journal known
    /// @return where END is
    /// @throws RecoveryException what is there is no journal, or journals keep coming
    static long close(
            ObjectStore store,
            String clusterId,
            ShardId shard,
            long index,
            String runner,
            long nowMs)
            throws ObjectStoreException, RecoveryException {
        long at = index;
        for (int tries = 0; tries < TRIES_MAX; tries++) {
            Optional<PackFacts> there = putEnd(store, clusterId, shard, at, runner, nowMs);
            if (there.isEmpty() || there.get().kind() == PackKind.END) {
                return at;
            }
            if (there.get().endIndex() <= at) {
                throw new RecoveryException(
                        "object in the way of END is no journal: key="
                                + BucketKeys.journal(shard, at)
                                + ", facts="
                                + there.get());
            }
            at = there.get().endIndex();
        }
        throw new RecoveryException(
                "old leader keeps writing journals, stop it first: shard="
                        + shard
                        + ", index="
                        + at
                        + ", tries="
                        + TRIES_MAX);
    }

    /// @return what is there instead; empty when our END is
    private static Optional<PackFacts> putEnd(
            ObjectStore store,
            String clusterId,
            ShardId shard,
            long index,
            String runner,
            long nowMs)
            throws ObjectStoreException, RecoveryException {
        String key = BucketKeys.journal(shard, index);
        try {
            store.put(key, end(clusterId, shard, index, runner, nowMs), PutMode.IF_ABSENT);
            return Optional.empty();
        } catch (ObjectStoreException.AlreadyExists e) {
            return Optional.of(read(store, key));
        } catch (ObjectStoreException.Transient e) {
            try {
                return Optional.of(read(store, key));
            } catch (ObjectStoreException.NotFound absent) {
                throw e;
            }
        }
    }

    private static PackFacts read(ObjectStore store, String key)
            throws ObjectStoreException, RecoveryException {
        try {
            PackIndex index = PackReader.open(store, key);
            return index.facts();
        } catch (CorruptObjectException e) {
            throw new RecoveryException(
                    "journal cannot be closed, the object in its place is damaged: key="
                            + key
                            + ", "
                            + e.getMessage());
        }
    }

    private static ObjectBody end(
            String clusterId, ShardId shard, long index, String runner, long nowMs) {
        try (PackWriter writer = PackWriter.inMemory()) {
            return writer.finish(
                            new PackFacts(
                                    PackKind.END,
                                    clusterId,
                                    shard,
                                    index,
                                    index,
                                    0,
                                    0,
                                    0,
                                    runner,
                                    nowMs))
                    .body();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // nothing here does I/O
        }
    }
}
