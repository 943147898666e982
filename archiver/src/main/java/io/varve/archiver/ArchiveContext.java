// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.objectstore.ObjectStore;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.random.RandomGenerator;

/// What the archivers of all shards of a broker share.
///
/// @param store rooted at the bucket's prefix
/// @param journalStore the same bucket for what bounds a loss: it may go before all others
/// @param writer product version and peer: written into packs, for people
/// @param temporary directory for segment files on their way; each shard uses a folder of its own
///   in it, at most one file of [ArchiveSettings.Segments#bytesMax] at a time. Emptied at the start
/// @param random thread-safe; names of objects, spread of back-offs
public record ArchiveContext(
        ObjectStore store,
        ObjectStore journalStore,
        String clusterId,
        String writer,
        Path temporary,
        ArchiveSettings settings,
        InstantSource clock,
        RandomGenerator random) {

    /// Of a bucket that knows no priorities.
    public ArchiveContext(
            ObjectStore store,
            String clusterId,
            String writer,
            Path temporary,
            ArchiveSettings settings,
            InstantSource clock,
            RandomGenerator random) {
        this(store, store, clusterId, writer, temporary, settings, clock, random);
    }

    /// What the journaler works with.
    ArchiveContext forJournals() {
        return new ArchiveContext(
                journalStore, journalStore, clusterId, writer, temporary, settings, clock, random);
    }
}
