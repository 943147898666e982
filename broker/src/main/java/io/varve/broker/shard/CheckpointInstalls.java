// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.raft.LogPosition;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings a replica that is too far behind its leader's log to a checkpoint of the bucket.
/// Thread-safe.
final class CheckpointInstalls {
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointInstalls.class);
    private static final long PAUSE_MS = 1_000;

    private final ShardSetup setup;
    private final Floor floor;
    private final BooleanSupplier closed;

    CheckpointInstalls(ShardSetup setup, Floor floor, BooleanSupplier closed) {
        this.setup = setup;
        this.floor = floor;
        this.closed = closed;
    }

    /// @param firstIndex where the leader's log starts
    /// @return the checkpoint's position. Ratis asks again and again when it fails, and waits while
    ///   it does not: so it stays pending until the bucket has what is needed
    CompletableFuture<LogPosition> from(long firstIndex) {
        CompletableFuture<LogPosition> installed = new CompletableFuture<>();
        setup.background().execute(() -> tryInstall(firstIndex, installed));
        return installed;
    }

    private void tryInstall(long firstIndex, CompletableFuture<LogPosition> installed) {
        try {
            Optional<ShardCheckpoint> newest =
                    setup.checkpoints()
                            .newest(setup.shard())
                            .filter(checkpoint -> checkpoint.endIndex() >= firstIndex);
            if (newest.isPresent()) {
                floor.install(newest.get());
                installed.complete(floor.position().orElseThrow());
                return;
            }
            LOG.info(
                    "no checkpoint reaches the leader's log yet: shard={}, firstIndex={}",
                    setup.shard(),
                    firstIndex);
        } catch (IOException | RuntimeException e) {
            LOG.warn(
                    "checkpoint not installed, trying again: shard={}, firstIndex={}",
                    setup.shard(),
                    firstIndex,
                    e);
        }
        if (!closed.getAsBoolean()) {
            CompletableFuture.delayedExecutor(PAUSE_MS, TimeUnit.MILLISECONDS, setup.background())
                    .execute(() -> tryInstall(firstIndex, installed));
        }
    }
}
