// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

/// Limits of a shard log. Immutable.
///
/// @param fileBytes size of a file; a frame that does not fit gets a file of its own size
/// @param cacheBytes bound of the memory that holds the last frames
/// @param spareFilesMax bound of files that wait to be overwritten
/// @param openFilesMax bound of files kept open for readers (those in use may exceed it)
/// @param readGraceNs how long after the last reader a file is not overwritten: the kernel may
///   still be sending its pages. Connection stall time-out plus 60 s
/// @param prepareSpares whether a file is filled with zeros ahead when no freed one waits, so that
///   writing never extends a file
public record ShardLogSettings(
        int fileBytes,
        long cacheBytes,
        int spareFilesMax,
        int openFilesMax,
        long readGraceNs,
        boolean prepareSpares) {
    public static final int FILE_BYTES_MIN = 4_096;

    public ShardLogSettings {
        if (fileBytes < FILE_BYTES_MIN
                || cacheBytes < 0
                || spareFilesMax < 0
                || openFilesMax < 1
                || readGraceNs < 0) {
            throw new IllegalArgumentException(
                    "bad limits of shard log: fileBytes="
                            + fileBytes
                            + ", cacheBytes="
                            + cacheBytes
                            + ", spareFilesMax="
                            + spareFilesMax
                            + ", openFilesMax="
                            + openFilesMax
                            + ", readGraceNs="
                            + readGraceNs);
        }
    }

    /// 64 MiB files, 64 MiB of cache, two spares, 1,024 open files, two minutes of grace.
    public static ShardLogSettings defaults() {
        return new ShardLogSettings(64 << 20, 64L << 20, 2, 1_024, 120_000_000_000L, true);
    }

    public ShardLogSettings withFileBytes(int bytes) {
        return new ShardLogSettings(
                bytes, cacheBytes, spareFilesMax, openFilesMax, readGraceNs, prepareSpares);
    }

    public ShardLogSettings withCacheBytes(long bytes) {
        return new ShardLogSettings(
                fileBytes, bytes, spareFilesMax, openFilesMax, readGraceNs, prepareSpares);
    }
}
