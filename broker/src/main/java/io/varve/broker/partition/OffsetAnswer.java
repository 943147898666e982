// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.partition;

import org.apache.kafka.common.protocol.Errors;

/// What a look-up of an offset found.
public sealed interface OffsetAnswer {
    /// @param timestampMs of the record found; -1 for the special timestamps that name a border
    /// @param leaderEpoch of the offset, -1 when not known
    record Found(long timestampMs, long offset, int leaderEpoch) implements OffsetAnswer {}

    /// No record is that late, or that border does not exist.
    record None() implements OffsetAnswer {}

    /// It could not be looked up; the message is for the log.
    record Failed(Errors error, String message) implements OffsetAnswer {}
}
