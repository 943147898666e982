// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

/// Bounds of the cold read path that no setting changes.
final class ColdLimits {
    /// Objects up to this size are fetched whole: one request instead of two or more, and journals
    /// hold many small sections.
    static final long WHOLE_OBJECT_BYTES_MAX = 4L << 20;

    /// Neighbouring chunks are fetched by one request up to this size.
    static final int RUN_BYTES_MAX = 4 << 20;

    /// Requests for chunks that are under way at a time.
    static final int LOADS_MAX = 16;

    /// Chunks that are under way or wait for their turn; read-ahead stops at half of it.
    static final int CHUNKS_WAITING_MAX = 1_024;

    /// Reads that wait for the bucket at a time.
    static final int READS_MAX = 1_024;

    /// One read gives at most this much, plus one larger batch.
    static final int READ_BYTES_MAX = 4 << 20;

    /// Bytes kept in memory of what arrived last: what read-ahead fetched, and what a client reads
    /// in small pieces. At most [#LOADS_MAX] runs more are on their way.
    static final long MEMORY_BYTES_MAX = 64L << 20;

    /// Of these, bytes that read-ahead fetches or fetched and nobody asked for yet, where memory is
    /// all there is: the other half is for what is being read.
    static final long UNREAD_BYTES_MAX = MEMORY_BYTES_MAX / 2;

    /// Bytes that wait to be written to the disk cache.
    static final long WRITE_BYTES_MAX = 32L << 20;

    /// Estimated bytes of pack indexes kept in memory.
    static final long INDEX_BYTES_MAX = 32L << 20;

    /// Estimated bytes of manifests kept in memory.
    static final long MANIFEST_BYTES_MAX = 32L << 20;

    /// One read takes bytes from at most this many sections.
    static final int SECTIONS_PER_READ_MAX = 16;

    /// One read passes over at most this many holes and empty rests of sections, then tells how far
    /// it came.
    static final int HOPS_MAX = 64;

    /// How often a read locates anew after an object was not there.
    static final int RELOCATIONS_MAX = 3;

    /// Tails of journals that are read at a time.
    static final int TAILS_MAX = 16;

    /// Read-ahead starts with this window ...
    static final int AHEAD_BYTES_MIN = 2 << 20;

    /// ... doubles while a reader is sequential, and ends here.
    static final int AHEAD_BYTES_MAX = 16 << 20;

    /// Objects behind the current one that read-ahead looks into.
    static final int AHEAD_OBJECTS_MAX = 4;

    /// Sequential readers that are remembered.
    static final int AHEAD_READERS_MAX = 10_000;

    /// Read-ahead tasks at a time.
    static final int AHEAD_TASKS_MAX = 32;

    private ColdLimits() {}
}
