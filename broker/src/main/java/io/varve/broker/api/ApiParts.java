// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import io.varve.broker.metadata.ProducerIds;
import io.varve.broker.partition.FetchParking;
import io.varve.broker.partition.PartitionReads;
import io.varve.broker.shard.AppendRules;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Function;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/// What the handlers work with.
///
/// @param forwarding to the controller, where that is another broker
/// @param rules what a topic, by name, allows producers to write; asked for every batch, so it is
///   quick
/// @param admission whether producers may write now
/// @param groups Kafka's group coordinator, started
/// @param workers threads that may block on the local disk (virtual ones)
/// @param timer for the time limits of produce requests
/// @param fetchBytesMax `fetch.max.bytes`: largest response to a fetch, but for one batch
/// @param dataDirectory as DescribeLogDirs shows it
public record ApiParts(
        ClusterView cluster,
        ClusterChanges changes,
        RequestForwarding forwarding,
        ConfigViews configs,
        PartitionReads reads,
        FetchParking parking,
        Function<String, AppendRules> rules,
        WriteAdmission admission,
        ProducerIds producerIds,
        GroupCoordinator groups,
        Executor workers,
        ScheduledExecutorService timer,
        InstantSource clock,
        int fetchBytesMax,
        DataDirectoryView dataDirectory) {}
