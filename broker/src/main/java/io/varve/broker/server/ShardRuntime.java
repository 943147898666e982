// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.broker.log.ShardLog;
import io.varve.broker.shard.LocalShard;
import io.varve.manifest.ShardId;
import java.time.Duration;

/// A shard on this broker, its log and its archiving.
record ShardRuntime(LocalShard shard, ShardLog log, ShardArchiving archiving)
        implements DiskPressure.ShardArchive {
    @Override
    public ShardId id() {
        return shard.id();
    }

    @Override
    public Duration lag() {
        return archiving
                .running()
                .map(running -> Duration.ofMillis(running.archiver().status().lagMs()))
                .orElse(Duration.ZERO);
    }

    @Override
    public void checkpointNow() {
        archiving
                .running()
                .ifPresent(running -> {
                    var _ = running.archiver().checkpointNow();
                });
    }
}
