// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

/// Consecutive record batches of one partition on local disk. Immutable; read through
/// [ShardLog#lease].
///
/// @param endOffset exclusive
/// @param maxTimestampMs highest timestamp of the records
/// @param file number of the file
/// @param position of the first batch in the file
/// @param length in bytes
public record HotRange(
        long baseOffset,
        long endOffset,
        long maxTimestampMs,
        long file,
        long position,
        int length) {}
