// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import java.util.List;

/// What the leader of a data shard tells the controller. Immutable.
///
/// @param shard its number
/// @param leader node id of who tells
/// @param term in which it leads
/// @param inSync node ids of the replicas that keep up, the leader among them
public record ShardReport(int shard, int leader, long term, List<Integer> inSync) {
    public ShardReport {
        inSync = List.copyOf(inSync);
    }
}
