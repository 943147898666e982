// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

/// Bounds of what the cold tier holds in memory; tests make them small.
///
/// @param memoryBytesMax what arrived last
/// @param unreadBytesMax of these, what read-ahead fetched and nobody asked for yet
/// @param writeBytesMax what waits to be written to the disk cache
record ColdSizes(long memoryBytesMax, long unreadBytesMax, long writeBytesMax) {
    static final ColdSizes DEFAULT =
            new ColdSizes(
                    ColdLimits.MEMORY_BYTES_MAX,
                    ColdLimits.UNREAD_BYTES_MAX,
                    ColdLimits.WRITE_BYTES_MAX);
}
