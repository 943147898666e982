// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.broker.config.BrokerConfig;
import io.varve.broker.log.LocalDisk;
import io.varve.broker.log.ShardLog;
import io.varve.broker.log.ShardLogSettings;
import io.varve.broker.raft.RaftSettings;
import io.varve.broker.server.ShardSet.Opened;
import io.varve.broker.shard.CheckpointSource;
import io.varve.broker.shard.LocalShard;
import io.varve.broker.shard.ShardLimits;
import io.varve.broker.shard.ShardSetup;
import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Opens shards in a broker's data directory. Thread-safe.
///
/// @param diskFull whether the reserve of the disk is used up
/// @param commitTimes hears, for a shard by number, how long each commit took
record ShardFolders(
        BrokerConfig config,
        ShardLimits limits,
        DataDirectory directory,
        String clusterId,
        CheckpointSource checkpoints,
        ExecutorService background,
        BrokerExit exit,
        BooleanSupplier diskFull,
        IntFunction<LongConsumer> commitTimes) {
    private static final Logger LOG = LoggerFactory.getLogger(ShardFolders.class);

    /// Where a replica's state comes from when its folder is new.
    enum Origin {
        /// Nobody has led the shard yet: it begins empty.
        BORN,
        /// It came with the generation. Restored ones begin from their first checkpoint, which must
        /// be there.
        FOUNDED,
        /// Others carry it: the newest checkpoint, if there is one, and then only the tail from the
        /// leader.
        JOINED
    }

    Opened open(ShardId id, Origin origin) throws IOException {
        Path folder = directory.shard(id);
        if (LocalShard.checkpointIn(folder).isEmpty() && !Files.exists(folder.resolve("log"))) {
            seed(folder, id, origin);
        }
        Path logFolder = Files.createDirectories(folder.resolve("log"));
        ShardLog log =
                ShardLog.open(
                        new LocalDisk(logFolder),
                        ShardLogSettings.defaults()
                                .withFileBytes(Math.toIntExact(config.hotTier().fileBytes())),
                        System::nanoTime,
                        new SecureRandom(),
                        background);
        log.damages()
                .forEach(damage ->
                        LOG.error(
                                "damage on local disk: shard={}, folder={}, {}; below the floor the bucket has it, above it this replica cannot go on{}",
                                id,
                                logFolder,
                                damage.getMessage(),
                                ShardSet.REPLACE_DAMAGED));
        ShardSetup setup =
                new ShardSetup(
                        clusterId,
                        id,
                        folder,
                        limits,
                        InstantSource.system(),
                        System::nanoTime,
                        Thread.ofPlatform().daemon().name("shard-" + id.shard() + "-", 0).factory(),
                        background,
                        checkpoints,
                        RaftSettings.ELECTION_TIMEOUT_MIN,
                        diskFull,
                        commitTimes.apply(id.shard()),
                        exit::halt);
        LocalShard shard = LocalShard.open(setup, log);
        return new Opened(shard, log, LocalShard.checkpointIn(folder), new AtomicBoolean(false));
    }

    private void seed(Path folder, ShardId id, Origin origin) throws IOException {
        boolean restored = id.generation() > 1 && (origin == Origin.FOUNDED || id.isMetadata());
        if (origin == Origin.BORN || (origin == Origin.FOUNDED && !restored)) {
            return;
        }
        Optional<ShardCheckpoint> newest = checkpoints.newest(id);
        if (newest.isEmpty() && restored) {
            throw new IOException("restored shard has no checkpoint in the bucket: shard=" + id);
        }
        if (newest.isPresent()) {
            LocalShard.seed(folder, newest.get());
            LOG.info(
                    "shard begins from the bucket: shard={}, partitions={}, endIndex={}",
                    id,
                    newest.get().partitions().size(),
                    newest.get().endIndex());
        }
    }
}
