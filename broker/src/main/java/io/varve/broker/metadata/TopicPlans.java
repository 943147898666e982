// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import io.varve.broker.config.BrokerConfig;
import io.varve.broker.config.TopicConfigs;
import io.varve.manifest.PartitionId;
import io.varve.manifest.metadata.RestoredRow;
import io.varve.manifest.metadata.ShardDirectories;
import io.varve.manifest.metadata.ShardRow;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.RemoveTopicRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.metadata.PartitionRegistration;
import org.apache.kafka.server.common.ApiMessageAndVersion;

/// Works out what creating, widening and deleting topics comes to, against one image: Kafka's
/// rules, error codes and words. Stateless but for its settings.
final class TopicPlans {
    /// Kafka's bound of partitions in one request.
    static final int MAX_PARTITIONS_PER_REQUEST = 10_000;

    private final BrokerConfig config;
    private final TopicConfigs topicConfigs;
    private final Supplier<Uuid> topicIds;

    TopicPlans(BrokerConfig config, TopicConfigs topicConfigs, Supplier<Uuid> topicIds) {
        this.config = config;
        this.topicConfigs = topicConfigs;
        this.topicIds = topicIds;
    }

    private ShardPlacement placement(MetadataImage image) {
        return new ShardPlacement(image, config.hotTier().shards());
    }

    /// A topic's layout.
    ///
    /// @param assigned brokers by partition, where the client said them; otherwise empty
    private record Layout(
            int partitions, short replicationFactor, Map<Integer, List<Integer>> assigned) {
        ShardRow shardOf(int partition, ShardPlacement placement) {
            List<Integer> brokers = assigned.get(partition);
            return brokers == null ? placement.next(replicationFactor) : placement.on(brokers);
        }
    }

    /// A value, or why there is none.
    private record Checked<T>(Optional<T> value, ApiError error) {
        static <T> Checked<T> of(T value) {
            return new Checked<>(Optional.of(value), ApiError.NONE);
        }

        static <T> Checked<T> bad(Errors error, String message) {
            return new Checked<>(Optional.empty(), new ApiError(error, message));
        }
    }

    Plan<List<TopicResult>> create(
            MetadataImage image, List<NewTopic> topics, boolean validateOnly) {
        List<ApiMessageAndVersion> records = new ArrayList<>();
        List<TopicResult> results = new ArrayList<>();
        ShardPlacement placement = placement(image);
        Map<String, String> collisions = collisionNames(image);
        Set<String> twice = duplicates(topics.stream().map(NewTopic::name).toList());
        Set<String> answered = new HashSet<>();
        int partitions = 0;
        for (NewTopic topic : topics) {
            if (twice.contains(topic.name())) {
                if (answered.add(topic.name())) {
                    results.add(
                            TopicResult.failed(
                                    topic.name(),
                                    Uuid.ZERO_UUID,
                                    Errors.INVALID_REQUEST,
                                    "Duplicate topic name."));
                }
                continue;
            }
            ApiError error = nameError(image, collisions, topic.name());
            Checked<Layout> layout =
                    error.isFailure()
                            ? new Checked<>(Optional.empty(), error)
                            : layout(image, topic);
            Checked<Map<String, String>> configs =
                    layout.value().isEmpty()
                            ? new Checked<>(Optional.empty(), layout.error())
                            : configs(image, topic);
            if (layout.value().isEmpty() || configs.value().isEmpty()) {
                results.add(TopicResult.failed(topic.name(), configs.error()));
                continue;
            }
            Layout wanted = layout.value().get();
            partitions += wanted.partitions();
            if (partitions > MAX_PARTITIONS_PER_REQUEST) {
                results.add(TopicResult.failed(topic.name(), tooMany()));
                continue;
            }
            collisions.putIfAbsent(Topic.unifyCollisionChars(topic.name()), topic.name());
            Uuid id = validateOnly ? Uuid.ZERO_UUID : topicIds.get();
            records.addAll(
                    topicRecords(topic.name(), id, wanted, configs.value().get(), placement));
            results.add(
                    new TopicResult(
                            topic.name(),
                            id,
                            ApiError.NONE,
                            wanted.partitions(),
                            wanted.replicationFactor()));
        }
        return new Plan<>(validateOnly ? List.of() : withShards(placement, records), results);
    }

    /// A topic with a given id whose partitions open with records. Asking again for the one that is
    /// there changes nothing.
    Plan<List<TopicResult>> restore(
            MetadataImage image, TopicToRestore topic, boolean validateOnly) {
        TopicImage there = image.topics().getTopic(topic.name());
        if (there != null && there.id().equals(topic.id())) {
            return new Plan<>(List.of(), List.of(TopicResult.done(there.name(), there.id())));
        }
        NewTopic wanted = topic.asNewTopic();
        ApiError error = nameError(image, collisionNames(image), topic.name());
        if (error.isSuccess() && image.topics().getTopic(topic.id()) != null) {
            error = new ApiError(Errors.INVALID_REQUEST, "topic id is taken: id=" + topic.id());
        }
        Checked<Layout> layout =
                error.isFailure() ? new Checked<>(Optional.empty(), error) : layout(image, wanted);
        Checked<Map<String, String>> configs =
                layout.value().isEmpty()
                        ? new Checked<>(Optional.empty(), layout.error())
                        : configs(image, wanted);
        if (layout.value().isEmpty() || configs.value().isEmpty()) {
            return new Plan<>(
                    List.of(), List.of(TopicResult.failed(topic.name(), configs.error())));
        }
        Layout made = layout.value().get();
        ShardPlacement placement = placement(image);
        List<ApiMessageAndVersion> records = new ArrayList<>();
        for (int partition = 0; partition < topic.partitions().size(); partition++) {
            records.add(
                    topic.partitions()
                            .get(partition)
                            .record(new PartitionId(topic.id(), partition)));
        }
        records.addAll(
                topicRecords(topic.name(), topic.id(), made, configs.value().get(), placement));
        return new Plan<>(
                validateOnly ? List.of() : withShards(placement, records),
                List.of(
                        new TopicResult(
                                topic.name(),
                                topic.id(),
                                ApiError.NONE,
                                made.partitions(),
                                made.replicationFactor())));
    }

    private static List<ApiMessageAndVersion> withShards(
            ShardPlacement placement, List<ApiMessageAndVersion> records) {
        List<ApiMessageAndVersion> all = new ArrayList<>(placement.records());
        all.addAll(records);
        return all;
    }

    private static ApiError tooMany() {
        return new ApiError(
                Errors.POLICY_VIOLATION,
                "Excessively large number of partitions per request: allowed="
                        + MAX_PARTITIONS_PER_REQUEST);
    }

    private static Set<String> duplicates(List<String> names) {
        Set<String> seen = new HashSet<>();
        Set<String> twice = new HashSet<>();
        names.forEach(name -> {
            if (!seen.add(name)) {
                twice.add(name);
            }
        });
        return twice;
    }

    private static Map<String, String> collisionNames(MetadataImage image) {
        Map<String, String> names = new HashMap<>();
        image.topics()
                .topicsByName()
                .keySet()
                .forEach(name -> names.put(Topic.unifyCollisionChars(name), name));
        return names;
    }

    private static ApiError nameError(
            MetadataImage image, Map<String, String> collisions, String name) {
        try {
            Topic.validate(name);
        } catch (InvalidTopicException e) {
            return new ApiError(Errors.INVALID_TOPIC_EXCEPTION, String.valueOf(e.getMessage()));
        }
        if (name.equals(Topic.CLUSTER_METADATA_TOPIC_NAME)) {
            return new ApiError(
                    Errors.TOPIC_AUTHORIZATION_FAILED,
                    "Creation of internal topic " + name + " is prohibited.");
        }
        if (image.topics().getTopic(name) != null) {
            return new ApiError(
                    Errors.TOPIC_ALREADY_EXISTS, "Topic '" + name + "' already exists.");
        }
        String other = collisions.get(Topic.unifyCollisionChars(name));
        return other == null
                ? ApiError.NONE
                : new ApiError(
                        Errors.INVALID_TOPIC_EXCEPTION,
                        "Topic '" + name + "' collides with existing topic: " + other);
    }

    private Checked<Layout> layout(MetadataImage image, NewTopic topic) {
        if (!topic.assignments().isEmpty()) {
            return manualLayout(image, topic);
        }
        if (topic.replicationFactor() < -1 || topic.replicationFactor() == 0) {
            return Checked.bad(
                    Errors.INVALID_REPLICATION_FACTOR,
                    "Replication factor must be larger than 0, or -1 to use the default value.");
        }
        if (topic.partitions() < -1 || topic.partitions() == 0) {
            return Checked.bad(
                    Errors.INVALID_PARTITIONS,
                    "Number of partitions was set to an invalid non-positive value.");
        }
        int partitions =
                topic.partitions() == -1 ? config.topics().partitions() : topic.partitions();
        short factor =
                topic.replicationFactor() == -1
                        ? config.topics().replication()
                        : topic.replicationFactor();
        int brokers = image.cluster().brokers().size();
        if (factor > brokers) {
            return Checked.bad(
                    Errors.INVALID_REPLICATION_FACTOR,
                    "Unable to replicate the partition "
                            + factor
                            + " time(s): The target replication factor of "
                            + factor
                            + " cannot be reached because only "
                            + brokers
                            + " broker(s) are registered.");
        }
        if (partitions > MAX_PARTITIONS_PER_REQUEST) {
            return new Checked<>(Optional.empty(), tooMany());
        }
        return Checked.of(new Layout(partitions, factor, Map.of()));
    }

    private static Checked<Layout> manualLayout(MetadataImage image, NewTopic topic) {
        if (topic.replicationFactor() != -1) {
            return Checked.bad(
                    Errors.INVALID_REQUEST,
                    "A manual partition assignment was specified, but replication factor was not set to -1.");
        }
        if (topic.partitions() != -1) {
            return Checked.bad(
                    Errors.INVALID_REQUEST,
                    "A manual partition assignment was specified, but numPartitions was not set to -1.");
        }
        int factor = topic.assignments().values().iterator().next().size();
        for (int partition = 0; partition < topic.assignments().size(); partition++) {
            List<Integer> replicas = topic.assignments().get(partition);
            if (replicas == null) {
                return Checked.bad(
                        Errors.INVALID_REPLICA_ASSIGNMENT,
                        "partitions should be a consecutive 0-based integer sequence");
            }
            ApiError error = assignmentError(image, replicas, factor);
            if (error.isFailure()) {
                return new Checked<>(Optional.empty(), error);
            }
        }
        return Checked.of(
                new Layout(topic.assignments().size(), (short) factor, topic.assignments()));
    }

    private static ApiError assignmentError(
            MetadataImage image, List<Integer> replicas, int factor) {
        String wrong = "";
        if (replicas.isEmpty()) {
            wrong = "The manual partition assignment includes an empty replica list.";
        } else if (new HashSet<>(replicas).size() != replicas.size()) {
            wrong =
                    "The manual partition assignment includes the broker "
                            + replicas
                            + " more than once.";
        } else if (replicas.size() != factor) {
            wrong =
                    "The manual partition assignment includes a partition with "
                            + replicas.size()
                            + " replica(s), but this is not consistent with previous partitions, which have "
                            + factor
                            + " replica(s).";
        } else {
            for (int broker : replicas) {
                if (image.cluster().broker(broker) == null) {
                    wrong =
                            "The manual partition assignment includes broker "
                                    + broker
                                    + ", but no such broker is registered.";
                }
            }
        }
        return wrong.isEmpty()
                ? ApiError.NONE
                : new ApiError(Errors.INVALID_REPLICA_ASSIGNMENT, wrong);
    }

    private Checked<Map<String, String>> configs(MetadataImage image, NewTopic topic) {
        Map<String, String> canonical = new TreeMap<>();
        for (Map.Entry<String, String> entry : topic.configs().entrySet()) {
            String name = TopicConfigs.canonicalName(entry.getKey()).orElse(entry.getKey());
            String before = canonical.put(name, entry.getValue());
            if (before != null && !before.equals(entry.getValue())) {
                return Checked.bad(
                        Errors.INVALID_CONFIG,
                        "config given twice, also under an alias: key=" + name);
            }
        }
        ApiError error =
                topicConfigs.check(
                        canonical, ClusterMetadata.dynamicDefaults(image, config.node().nodeId()));
        return error.isFailure() ? new Checked<>(Optional.empty(), error) : Checked.of(canonical);
    }

    private static List<ApiMessageAndVersion> topicRecords(
            String name,
            Uuid id,
            Layout layout,
            Map<String, String> configs,
            ShardPlacement placement) {
        List<ApiMessageAndVersion> records = new ArrayList<>();
        records.add(Records.of(new TopicRecord().setName(name).setTopicId(id)));
        configs.forEach((key, value) ->
                records.add(Records.config(ConfigResource.Type.TOPIC.id(), name, key, value)));
        for (int partition = 0; partition < layout.partitions(); partition++) {
            records.add(partitionRecord(id, partition, layout.shardOf(partition, placement)));
        }
        return records;
    }

    /// Replicas as they are when the partition is made; later the shard's row says who carries it.
    private static ApiMessageAndVersion partitionRecord(Uuid id, int partition, ShardRow shard) {
        List<Integer> nodes = shard.nodes();
        return Records.of(
                new PartitionRecord()
                        .setTopicId(id)
                        .setPartitionId(partition)
                        .setReplicas(nodes)
                        .setIsr(nodes)
                        .setLeader(nodes.getFirst())
                        .setDirectories(
                                nodes.stream()
                                        .map(replica -> ShardDirectories.of(shard.number()))
                                        .toList()));
    }

    Plan<List<TopicResult>> widen(
            MetadataImage image, List<MorePartitions> topics, boolean validateOnly) {
        List<ApiMessageAndVersion> records = new ArrayList<>();
        List<TopicResult> results = new ArrayList<>();
        ShardPlacement placement = placement(image);
        Set<String> twice = duplicates(topics.stream().map(MorePartitions::topic).toList());
        Set<String> answered = new HashSet<>();
        for (MorePartitions wanted : topics) {
            if (!answered.add(wanted.topic())) {
                continue;
            }
            TopicImage topic = image.topics().getTopic(wanted.topic());
            ApiError error =
                    twice.contains(wanted.topic())
                            ? new ApiError(Errors.INVALID_REQUEST, "Duplicate topic name.")
                            : widenError(image, topic, wanted);
            if (error.isFailure() || topic == null) {
                results.add(TopicResult.failed(wanted.topic(), error));
                continue;
            }
            int have = topic.partitions().size();
            for (int partition = have; partition < wanted.count(); partition++) {
                int added = partition - have;
                ShardRow shard =
                        wanted.assignments().isPresent()
                                ? placement.on(wanted.assignments().get().get(added))
                                : placement.next(factorOf(topic, placement));
                records.add(partitionRecord(topic.id(), partition, shard));
            }
            results.add(TopicResult.done(topic.name(), topic.id()));
        }
        return new Plan<>(validateOnly ? List.of() : withShards(placement, records), results);
    }

    /// New partitions get as many replicas as the topic has, as far as there are brokers.
    private static int factorOf(TopicImage topic, ShardPlacement placement) {
        PartitionRegistration first = topic.partitions().values().iterator().next();
        return Math.max(1, Math.min(first.replicas.length, placement.brokers()));
    }

    private static ApiError widenError(
            MetadataImage image,
            @org.jspecify.annotations.Nullable TopicImage topic,
            MorePartitions wanted) {
        if (topic == null) {
            return new ApiError(
                    Errors.UNKNOWN_TOPIC_OR_PARTITION,
                    "This server does not host this topic-partition.");
        }
        int have = topic.partitions().size();
        if (wanted.count() == have) {
            return new ApiError(
                    Errors.INVALID_PARTITIONS, "Topic already has " + have + " partition(s).");
        }
        if (wanted.count() < have) {
            return new ApiError(
                    Errors.INVALID_PARTITIONS,
                    "The topic "
                            + topic.name()
                            + " currently has "
                            + have
                            + " partition(s); "
                            + wanted.count()
                            + " would not be an increase.");
        }
        if (wanted.count() - have > MAX_PARTITIONS_PER_REQUEST) {
            return tooMany();
        }
        List<List<Integer>> assignments = wanted.assignments().orElse(List.of());
        if (wanted.assignments().isPresent() && assignments.size() != wanted.count() - have) {
            return new ApiError(
                    Errors.INVALID_REPLICA_ASSIGNMENT,
                    "Attempted to add "
                            + (wanted.count() - have)
                            + " additional partition(s), but only "
                            + assignments.size()
                            + " assignment(s) were specified.");
        }
        for (List<Integer> replicas : assignments) {
            ApiError error = assignmentError(image, replicas, assignments.getFirst().size());
            if (error.isFailure()) {
                return error;
            }
        }
        return ApiError.NONE;
    }

    Plan<List<TopicResult>> delete(MetadataImage image, List<TopicToDelete> topics) {
        List<ApiMessageAndVersion> records = new ArrayList<>();
        List<TopicResult> results = new ArrayList<>();
        Set<Uuid> deleted = new HashSet<>();
        for (TopicToDelete named : topics) {
            TopicImage topic =
                    switch (named) {
                        case TopicToDelete.ByName byName -> image.topics().getTopic(byName.name());
                        case TopicToDelete.ById byId -> image.topics().getTopic(byId.id());
                    };
            if (topic == null) {
                results.add(unknown(named));
            } else if (Topic.isInternal(topic.name())) {
                results.add(
                        TopicResult.failed(
                                topic.name(),
                                topic.id(),
                                Errors.INVALID_REQUEST,
                                "internal topic cannot be deleted: name=" + topic.name()));
            } else if (!deleted.add(topic.id())) {
                results.add(
                        TopicResult.failed(
                                topic.name(),
                                topic.id(),
                                Errors.INVALID_REQUEST,
                                "Duplicate topic name."));
            } else {
                records.add(Records.of(new RemoveTopicRecord().setTopicId(topic.id())));
                records.addAll(RestoredRow.forgotten(image.configs(), topic.id()));
                results.add(TopicResult.done(topic.name(), topic.id()));
            }
        }
        return new Plan<>(records, results);
    }

    private static TopicResult unknown(TopicToDelete named) {
        return switch (named) {
            case TopicToDelete.ByName byName ->
                    TopicResult.failed(
                            byName.name(),
                            Uuid.ZERO_UUID,
                            Errors.UNKNOWN_TOPIC_OR_PARTITION,
                            "This server does not host this topic-partition.");
            case TopicToDelete.ById byId ->
                    TopicResult.failed(
                            "",
                            byId.id(),
                            Errors.UNKNOWN_TOPIC_ID,
                            "This server does not host this topic ID.");
        };
    }
}
