// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import io.varve.broker.shard.Leadership;
import io.varve.broker.shard.PartitionView;
import io.varve.broker.shard.Shard;
import io.varve.manifest.PartitionId;
import io.varve.manifest.metadata.ShardDirectories;
import io.varve.manifest.metadata.ShardRow;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.metadata.PartitionRegistration;
import org.jspecify.annotations.Nullable;

/// Finds topics by name or id, and the shard that serves a partition. Thread-safe.
final class Partitions {
    private final ClusterView cluster;

    Partitions(ClusterView cluster) {
        this.cluster = cluster;
    }

    /// A topic by its id when the request has one, else by its name.
    Optional<TopicImage> topic(@Nullable String name, Uuid id) {
        return Optional.ofNullable(
                !Uuid.ZERO_UUID.equals(id)
                        ? cluster.image().topics().getTopic(id)
                        : name == null ? null : cluster.image().topics().getTopic(name));
    }

    /// What a request is told about a topic that is not there.
    static Errors unknownTopic(Uuid id) {
        return Uuid.ZERO_UUID.equals(id)
                ? Errors.UNKNOWN_TOPIC_OR_PARTITION
                : Errors.UNKNOWN_TOPIC_ID;
    }

    PartitionPlace place(@Nullable String name, Uuid id, int partition) {
        Optional<TopicImage> topic = topic(name, id);
        return topic.isEmpty()
                ? new PartitionPlace.Unknown(unknownTopic(id))
                : place(topic.get(), partition);
    }

    PartitionPlace place(TopicImage topic, int partition) {
        PartitionRegistration registration = topic.partitions().get(partition);
        if (registration == null) {
            return new PartitionPlace.Unknown(Errors.UNKNOWN_TOPIC_OR_PARTITION);
        }
        OptionalInt number = shardNumber(registration);
        Optional<Shard> replica =
                number.isPresent() ? cluster.shard(number.getAsInt()) : Optional.empty();
        if (replica.isEmpty()) {
            return new PartitionPlace.Elsewhere(
                    row(registration).map(ShardRow::knownLeader).orElse(OptionalInt.empty()),
                    OptionalInt.empty());
        }
        Shard shard = replica.get();
        Optional<PartitionView> view = shard.partition(new PartitionId(topic.id(), partition));
        return switch (shard.leadership()) {
            case Leadership.Ready _ ->
                    view.isPresent() && !view.get().closed() && !shard.cutOff()
                            ? new PartitionPlace.Here(shard, view.get())
                            // Created and not open yet, or nobody to vouch for it: clients come
                            // again.
                            : new PartitionPlace.Elsewhere(
                                    OptionalInt.empty(), OptionalInt.empty());
            case Leadership.NotReady _ ->
                    new PartitionPlace.Elsewhere(OptionalInt.empty(), OptionalInt.empty());
            case Leadership.Elsewhere other ->
                    new PartitionPlace.Elsewhere(
                            other.nodeId(),
                            view.map(seen -> OptionalInt.of(seen.leaderEpoch()))
                                    .orElse(OptionalInt.empty()));
        };
    }

    /// The shard that carries a partition, as the metadata knows it.
    Optional<ShardRow> row(PartitionRegistration registration) {
        OptionalInt number = shardNumber(registration);
        return number.isPresent() ? cluster.shards().row(number.getAsInt()) : Optional.empty();
    }

    private static OptionalInt shardNumber(PartitionRegistration registration) {
        return registration.directories.length == 0
                ? OptionalInt.empty()
                : ShardDirectories.shardOf(registration.directories[0]);
    }

    /// A partition on this broker, whoever leads it.
    Optional<PartitionView> local(TopicImage topic, int partition) {
        PartitionRegistration registration = topic.partitions().get(partition);
        OptionalInt number = registration == null ? OptionalInt.empty() : shardNumber(registration);
        return number.isEmpty()
                ? Optional.empty()
                : cluster.shard(number.getAsInt())
                        .flatMap(shard -> shard.partition(new PartitionId(topic.id(), partition)));
    }
}
