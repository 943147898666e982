// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.history;

/// Something that may not be.
///
/// @param kind what kind of wrong, a word of [Kind]
/// @param what where, and what was seen
public record Violation(Kind kind, String what) {
    /// What can be wrong, with the invariant of `docs/faults.md` behind it.
    public enum Kind {
        /// I1: acknowledged, and not there at the end.
        LOST,
        /// I1: acknowledged at one offset, found at another.
        MOVED,
        /// I11: twice in a partition.
        DOUBLED,
        /// I2: two values at one offset.
        TWO_VALUES,
        /// I2: bytes that nobody wrote.
        DAMAGED,
        /// I1: an offset that nobody has.
        HOLE,
        /// A producer's records in another order than it sent them.
        ORDER,
        /// A record that nobody sent, or that was refused.
        INVENTED,
        /// Read, and gone at the end: it was never committed.
        UNREAD,
        /// A poll went back or left something out.
        POLL,
        /// I9: a group began before what it committed, or beyond, or left something out.
        GROUP,
        /// I5: a figure that went back, or two that do not fit.
        BACKWARDS,
        /// I13: no progress in time.
        STALLED,
        /// A client met an error that no fault excuses.
        CLIENT,
        /// The bucket does not hold what it must, or more.
        BUCKET
    }

    @Override
    public String toString() {
        return kind + ": " + what;
    }
}
