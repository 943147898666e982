// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.recover;

import io.varve.cli.shell.ClusterAccess;
import io.varve.cli.shell.CommandFailure;
import io.varve.recovery.ClusterView;
import java.io.IOException;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/// A cluster through Kafka's clients. One iterator of records is alive at a time: the next one ends
/// it. Owner: one command.
final class KafkaClusterView implements ClusterView, AutoCloseable {
    private final ClusterAccess access;
    private final Admin admin;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Map<String, Map<TopicPartition, OffsetAndMetadata>> offsets = new HashMap<>();

    KafkaClusterView(ClusterAccess access) throws CommandFailure {
        this.access = access;
        Properties properties = access.clientProperties();
        properties.setProperty("enable.auto.commit", "false");
        properties.setProperty("isolation.level", "read_uncommitted");
        properties.setProperty("auto.offset.reset", "none");
        properties.setProperty("allow.auto.create.topics", "false");
        properties.setProperty("exclude.internal.topics", "false");
        this.admin = access.admin();
        this.consumer =
                new KafkaConsumer<>(
                        properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    @Override
    public Map<String, TopicView> topics() throws IOException {
        List<String> names =
                ask(
                                "cannot list topics",
                                admin.listTopics(new ListTopicsOptions().listInternal(true))
                                        .names())
                        .stream()
                        .toList();
        Map<String, TopicDescription> described =
                ask("cannot describe topics", admin.describeTopics(names).allTopicNames());
        Map<ConfigResource, Config> configs =
                ask(
                        "cannot read the settings of topics",
                        admin.describeConfigs(
                                        names.stream().map(KafkaClusterView::resource).toList())
                                .all());
        Map<String, TopicView> topics = new TreeMap<>();
        described.forEach((name, topic) ->
                topics.put(
                        name,
                        new TopicView(
                                topic.partitions().size(), own(configs.get(resource(name))))));
        return topics;
    }

    private static ConfigResource resource(String topic) {
        return new ConfigResource(ConfigResource.Type.TOPIC, topic);
    }

    private static Map<String, String> own(@org.jspecify.annotations.Nullable Config config) {
        Map<String, String> own = new HashMap<>();
        if (config != null) {
            for (ConfigEntry entry : config.entries()) {
                if (entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG) {
                    own.put(entry.name(), String.valueOf(entry.value()));
                }
            }
        }
        return own;
    }

    @Override
    public long startOffset(String topic, int partition) throws IOException {
        return offset(topic, partition, OffsetSpec.earliest());
    }

    @Override
    public long endOffset(String topic, int partition) throws IOException {
        return offset(topic, partition, OffsetSpec.latest());
    }

    private long offset(String topic, int partition, OffsetSpec spec) throws IOException {
        TopicPartition tp = new TopicPartition(topic, partition);
        return ask(
                        "cannot read offsets of " + tp,
                        admin.listOffsets(Map.of(tp, spec)).partitionResult(tp))
                .offset();
    }

    @Override
    public Optional<Long> committedOffset(String group, String topic, int partition)
            throws IOException {
        Map<TopicPartition, OffsetAndMetadata> committed = offsets.get(group);
        if (committed == null) {
            committed =
                    ask(
                            "cannot read the offsets of group " + group,
                            admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
            offsets.put(group, committed);
        }
        return Optional.ofNullable(committed.get(new TopicPartition(topic, partition)))
                .map(OffsetAndMetadata::offset);
    }

    @Override
    public Iterator<RecordView> records(
            String topic, int partition, long fromOffset, long endOffset) {
        return new ConsumedRecords(
                consumer, new TopicPartition(topic, partition), fromOffset, endOffset);
    }

    private <T> T ask(String what, KafkaFuture<T> answer) throws IOException {
        try {
            return access.ask(what, answer);
        } catch (CommandFailure e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        consumer.close();
        admin.close();
    }
}
