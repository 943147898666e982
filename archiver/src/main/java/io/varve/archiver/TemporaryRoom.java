// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/// Room for temporary files. They lie beside the log of the shard: where they used the last of the
/// disk, neither the log nor the local checkpoints that free its files could be written. Immutable.
///
/// @param reserveBytesMax what a temporary file leaves free; of a small disk a quarter is enough,
///   which is more than what ends the push-back on producers
record TemporaryRoom(Path folder, long reserveBytesMax) {
    private static final int RESERVE_PARTS = 4;

    /// @throws IOException there is no room for so many bytes
    void check(long bytes) throws IOException {
        FileStore disk = Files.getFileStore(folder);
        long usableBytes = disk.getUsableSpace();
        long reserveBytes = Math.min(reserveBytesMax, disk.getTotalSpace() / RESERVE_PARTS);
        if (usableBytes - bytes < reserveBytes) {
            throw new IOException(
                    "no room for a temporary file: bytes="
                            + bytes
                            + ", usableBytes="
                            + usableBytes
                            + ", reserveBytes="
                            + reserveBytes
                            + ", folder="
                            + folder);
        }
    }
}
