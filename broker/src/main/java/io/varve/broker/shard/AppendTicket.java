// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import java.util.concurrent.CompletableFuture;

/// An append under way. Both futures always complete, never exceptionally, and on threads that must
/// not be blocked.
///
/// @param assigned when the writer is done with the request's buffer: the partition's end offset
///   with these records, before they are committed, or why they were refused
/// @param done the answer that the request's acks ask for
public record AppendTicket(
        CompletableFuture<Assigned> assigned, CompletableFuture<AppendOutcome> done) {
    /// What the writer decided.
    public sealed interface Assigned {
        /// `[baseOffset, endOffset)` belongs to these records if they commit.
        record At(long baseOffset, long endOffset) implements Assigned {}

        /// No offset was given: a refusal or a duplicate. `done` says the same.
        record NotAppended(AppendOutcome outcome) implements Assigned {}
    }

    /// A ticket that is answered already.
    public static AppendTicket answered(AppendOutcome outcome) {
        return new AppendTicket(
                CompletableFuture.completedFuture(new Assigned.NotAppended(outcome)),
                CompletableFuture.completedFuture(outcome));
    }
}
