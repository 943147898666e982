// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import java.time.InstantSource;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;

/// What a controller works with.
///
/// @param nanos a ticker for time limits
/// @param topicIds gives each topic an id that no other has
public record ControllerPorts(
        ClusterMetadata metadata,
        MetadataLog log,
        DataShards shards,
        TopicDeletions deletions,
        InstantSource clock,
        LongSupplier nanos,
        Supplier<Uuid> topicIds) {}
