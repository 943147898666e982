// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.raft;

import java.util.concurrent.CompletableFuture;

/// What became of handing a frame to Raft. Known when `submit` returns.
public sealed interface SubmitOutcome {
    /// The frame is in the leader's log at this position. It may commit from now on, whatever else
    /// happens.
    ///
    /// @param end completes normally when the entry was applied here, or with a [Lost] when this
    ///   broker cannot tell any more
    record Logged(LogPosition position, CompletableFuture<End> end) implements SubmitOutcome {}

    /// The frame is not in the log and never will be.
    record Refused(String why) implements SubmitOutcome {}

    /// How a logged frame ended, as far as this broker knows.
    sealed interface End {}

    /// Applied on this broker.
    record Applied() implements End {}

    /// Leadership was lost while the frame was pending: it may commit or not.
    record Lost(String why) implements End {}
}
