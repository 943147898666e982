// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.raft.FatalHandler;
import io.varve.manifest.ShardId;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/// What a shard is given by the wiring.
///
/// @param directory the shard's own directory; created when missing
/// @param clock the leader's time, put into frames
/// @param nanos a ticker for time limits
/// @param threads makes the shard's two threads (writer, log)
/// @param background runs what waits for the bucket
/// @param majorityTimeout how old a majority's last word may be for this broker to vouch for its
///   state
/// @param diskFull whether the reserve of the disk is used up: as a follower, the shard then takes
///   no frames until there is room again; asked for each
/// @param commitTimes told, for each frame of this broker, the nanoseconds from handing it to Raft
///   to its being applied here; called on the writer's thread: quick
/// @param fatal told when the shard cannot go on in this process
public record ShardSetup(
        String clusterId,
        ShardId shard,
        Path directory,
        ShardLimits limits,
        InstantSource clock,
        LongSupplier nanos,
        ThreadFactory threads,
        Executor background,
        CheckpointSource checkpoints,
        Duration majorityTimeout,
        BooleanSupplier diskFull,
        LongConsumer commitTimes,
        FatalHandler fatal) {}
