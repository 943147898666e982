// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import java.io.IOException;
import java.nio.file.FileStore;

/// How large the disk of the data directory is, and how much of it is left. Thread-safe.
@FunctionalInterface
interface DiskMeter {
    DiskSpace measure() throws IOException;

    static DiskMeter of(FileStore store) {
        return () -> {
            long usable = store.getUsableSpace();
            return new DiskSpace(
                    store.getTotalSpace() - store.getUnallocatedSpace() + usable, usable);
        };
    }

    /// @param totalBytes what is used and what is usable; less than the disk's size where some of
    ///   it is kept for others (as `df` counts)
    /// @param usableBytes what this process may still write
    record DiskSpace(long totalBytes, long usableBytes) {
        public DiskSpace {
            if (totalBytes < 0 || usableBytes < 0) {
                throw new IllegalArgumentException(
                        "bad disk space: totalBytes="
                                + totalBytes
                                + ", usableBytes="
                                + usableBytes);
            }
        }

        double usedShare() {
            return totalBytes == 0 ? 0 : 1.0 - (double) usableBytes / totalBytes;
        }
    }
}
