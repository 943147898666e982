// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults;

/// Which brokers a step means, found when it is its turn.
enum Who {
    /// The leader of the first partition.
    LEADER,
    /// A broker that does not lead the first partition; the one broker where there is one only.
    FOLLOWER,
    /// Any one.
    ANY,
    ALL,
    /// Those of the last step that chose.
    VICTIM
}
