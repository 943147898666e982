// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.file;

import io.varve.objectstore.ObjectStoreException;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/// Room that a bucket leaves on its disk: in `varve dev` the log of the broker lies on the same
/// one, and a write that fails there ends the process, while a bucket that takes no more is waited
/// for. Small objects (claims, signs of life, manifests, checkpoints) may use the reserve.
/// Immutable.
final class DiskReserve {
    /// Objects up to this size are always tried.
    static final long SMALL_BYTES = 64 << 10;

    /// More than a broker keeps for itself with two shards and the default size of log files.
    private static final long RESERVE_BYTES_MAX = 512L << 20;

    /// Of a small disk, the reserve is this part: more than a broker's own.
    private static final int RESERVE_PARTS = 8;

    private final Space space;

    DiskReserve(Space space) {
        this.space = space;
    }

    static DiskReserve of(Path directory) throws IOException {
        FileStore disk = Files.getFileStore(directory);
        return new DiskReserve(
                new Space() {
                    @Override
                    public long totalBytes() throws IOException {
                        return disk.getTotalSpace();
                    }

                    @Override
                    public long usableBytes() throws IOException {
                        return disk.getUsableSpace();
                    }
                });
    }

    /// The disk, as it is now.
    interface Space {
        long totalBytes() throws IOException;

        long usableBytes() throws IOException;
    }

    /// @throws ObjectStoreException.Transient the object would use the reserve
    void check(String key, long bytes) throws IOException {
        if (bytes <= SMALL_BYTES) {
            return;
        }
        long reserveBytes = Math.min(RESERVE_BYTES_MAX, space.totalBytes() / RESERVE_PARTS);
        long usableBytes = space.usableBytes();
        if (usableBytes - bytes < reserveBytes) {
            throw new ObjectStoreException.Transient(
                    "disk of the bucket is nearly full; make room on it: key="
                            + key
                            + ", bytes="
                            + bytes
                            + ", usableBytes="
                            + usableBytes
                            + ", reserveBytes="
                            + reserveBytes,
                    null);
        }
    }
}
