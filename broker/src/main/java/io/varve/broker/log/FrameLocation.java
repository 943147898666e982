// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

/// Where a frame is on disk. Immutable; valid until its file is freed.
///
/// @param file number of the file
/// @param position of the frame's header in the file
/// @param tableLength, bodyLength in bytes
public record FrameLocation(
        long term, long index, long file, long position, int tableLength, int bodyLength) {

    /// Where the body starts in the file.
    long bodyPosition() {
        return position + FrameHeader.BYTES + tableLength;
    }
}
