// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

/// What a shard log did since it was opened, and holds. Immutable; values are exact, though not of
/// one moment.
///
/// @param frames, bytesWritten appended: frames, and their bytes with headers and padding
/// @param flushes calls of [ShardLog#flush] that had something to make durable
/// @param fileSyncs, directorySyncs what those calls cost
/// @param filesExtended files begun without a spare, so that writing extends them
/// @param filesRecycled files begun in a spare (freed or prepared)
/// @param filesFreed files that left the log
/// @param directoriesWritten index files written
/// @param directoryFailures index files that could not be written; tried again with the next file
/// @param spareFailures files that could not be prepared ahead
/// @param cacheHits, diskReads bodies and ranges read from memory, and from disk
/// @param cacheBytes memory held by the last frames
/// @param files, diskBytes files in the log, and their size with spares
public record ShardLogCounters(
        long frames,
        long bytesWritten,
        long flushes,
        long fileSyncs,
        long directorySyncs,
        long filesExtended,
        long filesRecycled,
        long filesFreed,
        long directoriesWritten,
        long directoryFailures,
        long spareFailures,
        long cacheHits,
        long diskReads,
        long cacheBytes,
        long files,
        long diskBytes) {}
