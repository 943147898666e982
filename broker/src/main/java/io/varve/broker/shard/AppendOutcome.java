// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import java.util.OptionalLong;
import org.apache.kafka.common.protocol.Errors;

/// What became of an append. Nothing here is an exception: each case has its answer in Kafka's
/// protocol.
public sealed interface AppendOutcome {
    /// The records are in `[baseOffset, endOffset)`, as durable as the request's acks asked.
    ///
    /// @param logAppendTimeMs set when the topic's timestamps are the leader's
    record Appended(
            long baseOffset, long endOffset, OptionalLong logAppendTimeMs, long logStartOffset)
            implements AppendOutcome {}

    /// A repeated send: the records had been appended before, at `[baseOffset, endOffset)`, and are
    /// as durable as asked.
    record Duplicate(long baseOffset, long endOffset, long logStartOffset)
            implements AppendOutcome {}

    /// Not appended, except where the error says that the outcome is unknown
    /// (NOT_LEADER_OR_FOLLOWER and REQUEST_TIMED_OUT after submission: the records may still be
    /// committed, a retry of an idempotent producer finds out).
    record Refused(Errors error, String message) implements AppendOutcome {}
}
