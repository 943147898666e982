// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import io.varve.manifest.PartitionId;

/// Where a partition is, as the metadata says. Immutable.
///
/// @param shard number of the data shard that carries it
public record PartitionPlacement(PartitionId id, String topicName, int shard) {}
