// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import java.time.Duration;
import java.util.OptionalLong;

/// What a shard needs of this broker's replica of its Raft group, its log included. Nothing is
/// known and nothing happens before the group is open.
interface RaftReplica extends RaftGroup {
    /// @see io.varve.broker.raft.RaftGroupHandle#heardMajorityWithin
    boolean heardMajorityWithin(Duration limit);

    /// @see io.varve.broker.raft.RaftGroupHandle#purge
    void purge(long lastIndex);

    /// @see io.varve.broker.raft.RaftGroupHandle#closeSegment
    void closeSegment();

    /// @see io.varve.broker.raft.RaftGroupHandle#logStartIndex
    OptionalLong logStart();

    /// @see io.varve.broker.raft.RaftGroupHandle#termAt
    OptionalLong termAt(long index);
}
