// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.raft;

import java.util.Optional;

/// This broker's part in a group, at one moment.
///
/// @param term newest term known here
/// @param leader this broker is elected in that term
/// @param ready it leads, and everything before its term is applied
/// @param leaderPeer peer id of the leader, when one is known
public record RaftRole(long term, boolean leader, boolean ready, Optional<String> leaderPeer) {}
