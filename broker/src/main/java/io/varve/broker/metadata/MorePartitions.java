// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import java.util.List;
import java.util.Optional;

/// A topic that is to have more partitions. Immutable.
///
/// @param count of all partitions afterwards
/// @param assignments replicas of each new partition; empty: the controller places them
public record MorePartitions(String topic, int count, Optional<List<List<Integer>>> assignments) {}
