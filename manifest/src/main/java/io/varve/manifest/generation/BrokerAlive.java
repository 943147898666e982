// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.generation;

/// A broker's sign of life: overwritten regularly while it serves a generation. How old it is, the
/// store's own times tell, never `writtenAtMs`.
///
/// @param peer `<node.id>-<random>`, the last part of the key
/// @param listeners where it answers clients, as in its configuration: a restore asks there whether
///   it still lives
/// @param writtenAtMs the broker's clock, UTC; for people
public record BrokerAlive(String peer, int nodeId, String listeners, long writtenAtMs) {}
