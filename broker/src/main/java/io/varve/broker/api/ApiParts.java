// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;

/// What the handlers work with.
///
/// @param workers threads that may block on the local disk (virtual ones)
/// @param timer for the time limits of produce requests
/// @param fetchBytesMax `fetch.max.bytes`: largest response to a fetch, but for one batch
public record ApiParts(
        ClusterView cluster,
        PartitionReads reads,
        FetchParking parking,
        TopicRules rules,
        ProducerIds producerIds,
        AutoTopics autoTopics,
        Executor workers,
        ScheduledExecutorService timer,
        InstantSource clock,
        int fetchBytesMax) {}
