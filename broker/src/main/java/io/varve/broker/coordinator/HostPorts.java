// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.coordinator;

import io.varve.broker.metadata.ClusterMetadata;
import io.varve.broker.metadata.TopicPolicies;
import io.varve.broker.shard.Shard;
import io.varve.manifest.generation.Cut;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

/// What the group coordinator works with.
///
/// @param shards the data shards of this process, by number; a live view
/// @param reader of committed batches, from both tiers
/// @param cut where this generation starts; empty when it was not restored
public record HostPorts(
        ClusterMetadata metadata,
        Map<Integer, Shard> shards,
        TopicPolicies policies,
        OffsetsReader reader,
        Optional<Cut> cut,
        InstantSource clock) {}
