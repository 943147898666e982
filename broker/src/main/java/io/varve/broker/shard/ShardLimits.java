// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import java.time.Duration;

/// Bounds of one shard's writer. What would pass them is refused with a retriable error or waits,
/// as each line says.
///
/// @param queueRequestsMax, queueBytesMax appends and commands that wait for the writer; beyond:
///   refused
/// @param framesInFlightMax, bytesInFlightMax frames handed to Raft and not applied; beyond: the
///   queue waits. Far below Ratis's own limits, because Ratis leaks a permit for each write that it
///   refuses there
/// @param pipelinedFramesMax while so many frames are in flight, batches of producers that do not
///   fill another one wait: what arrives meanwhile shares a frame with them, and a frame costs each
///   replica half a millisecond of processor time and two flushes
/// @param frameBytesTarget a frame is closed when it holds this much; one larger batch is a frame
///   of its own
/// @param entryBytesMax largest frame that Raft takes, table and body
/// @param produceTimeout how long a queued or submitted append waits for its answer
/// @param producerIdExpiration a producer that wrote nothing for this long (by the leader's time)
///   is forgotten at apply
public record ShardLimits(
        int queueRequestsMax,
        long queueBytesMax,
        int framesInFlightMax,
        long bytesInFlightMax,
        int pipelinedFramesMax,
        int frameBytesTarget,
        int entryBytesMax,
        Duration produceTimeout,
        Duration producerIdExpiration) {
    /// Slack for Raft's own fields of an entry.
    static final int ENTRY_OVERHEAD_BYTES = 4 << 10;

    public static final ShardLimits DEFAULT =
            new ShardLimits(
                    20_000,
                    64L << 20,
                    16,
                    24L << 20,
                    1,
                    1 << 20,
                    4 << 20,
                    Duration.ofSeconds(30),
                    Duration.ofDays(1));

    /// The defaults, with room for the largest batch that any topic may allow.
    ///
    /// @param batchBytesMax `message.max.bytes.limit`
    public static ShardLimits of(int batchBytesMax, Duration producerIdExpiration) {
        int entry = Math.max(DEFAULT.entryBytesMax(), batchBytesMax + 2 * ENTRY_OVERHEAD_BYTES);
        return new ShardLimits(
                DEFAULT.queueRequestsMax(),
                Math.max(DEFAULT.queueBytesMax(), 4L * entry),
                DEFAULT.framesInFlightMax(),
                Math.max(DEFAULT.bytesInFlightMax(), entry),
                DEFAULT.pipelinedFramesMax(),
                DEFAULT.frameBytesTarget(),
                entry,
                DEFAULT.produceTimeout(),
                producerIdExpiration);
    }

    public ShardLimits {
        if (queueRequestsMax < 1
                || queueBytesMax < 1
                || framesInFlightMax < 1
                || pipelinedFramesMax < 1
                || frameBytesTarget < 1) {
            throw new IllegalArgumentException(
                    "bad limits: queueRequestsMax="
                            + queueRequestsMax
                            + ", queueBytesMax="
                            + queueBytesMax
                            + ", framesInFlightMax="
                            + framesInFlightMax
                            + ", pipelinedFramesMax="
                            + pipelinedFramesMax
                            + ", frameBytesTarget="
                            + frameBytesTarget);
        }
        if (bytesInFlightMax < entryBytesMax || entryBytesMax < frameBytesTarget) {
            throw new IllegalArgumentException(
                    "limits do not fit each other: bytesInFlightMax="
                            + bytesInFlightMax
                            + ", entryBytesMax="
                            + entryBytesMax
                            + ", frameBytesTarget="
                            + frameBytesTarget);
        }
    }

    /// Largest single batch that fits a frame.
    int batchBytesMax() {
        return entryBytesMax - 2 * ENTRY_OVERHEAD_BYTES;
    }
}
