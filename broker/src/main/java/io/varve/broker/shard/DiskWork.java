// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/// Work that touches the disk, on a thread that nobody interrupts.
@FunctionalInterface
interface DiskWork {
    void run() throws IOException;

    /// @return fails with an [UncheckedIOException] when the disk does
    static CompletableFuture<Void> on(Executor thread, DiskWork work) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        work.run();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                thread);
    }
}
