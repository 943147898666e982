// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import java.util.List;
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
    ///
    /// @param faults the records that are to blame, as far as they are known one by one; the others
    ///   of the batch share its fate
    record Refused(Errors error, String message, List<RecordFault> faults)
            implements AppendOutcome {
        public Refused {
            faults = List.copyOf(faults);
        }

        public Refused(Errors error, String message) {
            this(error, message, List.of());
        }
    }

    /// What is wrong with one record.
    ///
    /// @param record its place in the batch, from 0
    record RecordFault(int record, String message) {}
}
