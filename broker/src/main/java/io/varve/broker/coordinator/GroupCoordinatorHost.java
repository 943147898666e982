// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.coordinator;

import io.varve.broker.config.BrokerConfig;
import io.varve.broker.config.TopicConfigs;
import io.varve.broker.metadata.ClusterMetadata;
import io.varve.broker.shard.Leadership;
import io.varve.broker.shard.ShardListener;
import io.varve.manifest.PartitionId;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.GroupCoordinatorService;
import org.apache.kafka.image.ConfigurationsImage;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.image.writer.ImageWriterOptions;
import org.apache.kafka.image.writer.RecordListWriter;
import org.apache.kafka.server.common.MetadataVersion;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Kafka's group coordinator on this broker: fed with leadership, commits and metadata, closed in
/// bounded time.
///
/// Create it, register [#shardListener()] with each data shard and [#onMetadata] with the metadata
/// before those start, then call [#start()] when the metadata is caught up. Until then [#service()]
/// answers COORDINATOR_NOT_AVAILABLE. Thread-safe.
public final class GroupCoordinatorHost implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(GroupCoordinatorHost.class);
    private static final String TOPIC = Topic.GROUP_METADATA_TOPIC_NAME;
    private static final long CLOSE_TIMEOUT_MS = 10_000;

    private final int nodeId;
    private final int defaultPartitions;
    private final HostPorts ports;
    private final TopicConfigs topicConfigs;
    private final OffsetsLog log;
    private final OffsetsWriter writer;
    private final OffsetsLoader loader;
    private final GroupCoordinatorService service;
    private final Elections elections;
    private final Metrics metrics = new Metrics();
    private final ReentrantLock lock = new ReentrantLock(); // orders start, metadata and close
    private boolean started; // under lock
    private boolean closed; // under lock
    private volatile CachedConfig logConfig =
            new CachedConfig(Optional.empty(), new LogConfig(Map.of()));

    private record CachedConfig(Optional<ConfigurationsImage> of, LogConfig config) {}

    public GroupCoordinatorHost(BrokerConfig config, HostPorts ports) {
        this(
                config,
                ports,
                new ShardOffsetsLog(
                        ports.metadata(), ports.shards(), ports.policies(), ports.reader()));
    }

    GroupCoordinatorHost(BrokerConfig config, HostPorts ports, OffsetsLog log) {
        this.ports = ports;
        this.log = log;
        nodeId = config.node().nodeId();
        defaultPartitions = config.topics().offsetsPartitions();
        topicConfigs = new TopicConfigs(config);
        writer = new OffsetsWriter(log, this::logConfig);
        loader =
                new OffsetsLoader(
                        log,
                        writer,
                        new LoweredOffsets(log, ports.clock(), ports.cut()),
                        ports.clock(),
                        new GroupCoordinatorConfig(config.coordinators()).offsetsLoadBufferSize());
        service = KafkaCoordinator.build(nodeId, config.coordinators(), writer, loader, metrics);
        elections = new Elections(log, writer, service);
    }

    /// The coordinator for the api handlers. They do what Kafka's do: authorise, resolve topic ids
    /// and names both ways.
    public GroupCoordinator service() {
        return service;
    }

    /// Kafka's metrics of the coordinator.
    public Metrics metrics() {
        return metrics;
    }

    /// Begins to coordinate. Call once, when everything that was committed to the metadata before
    /// is applied: the number of partitions of `__consumer_offsets` is read here.
    public void start() {
        lock.lock();
        try {
            if (started || closed) {
                return;
            }
            MetadataImage image = ports.metadata().image();
            service.startup(this::partitionCount);
            started = true;
            service.onMetadataUpdate(everythingIn(image), image);
        } finally {
            lock.unlock();
        }
        elections.start();
    }

    private int partitionCount() {
        return log.partitionCount().orElse(defaultPartitions);
    }

    private static MetadataDelta everythingIn(MetadataImage image) {
        MetadataDelta delta = new MetadataDelta.Builder().setImage(MetadataImage.EMPTY).build();
        RecordListWriter records = new RecordListWriter();
        image.write(
                records,
                new ImageWriterOptions.Builder(
                                image.features()
                                        .metadataVersion()
                                        .orElse(MetadataVersion.LATEST_PRODUCTION))
                        .build());
        records.records().forEach(record -> delta.replay(record.message()));
        return delta;
    }

    /// To be registered with the metadata: never blocks, the coordinator only queues what it hears.
    public void onMetadata(MetadataDelta delta, MetadataImage image, long endOffset) {
        lock.lock();
        try {
            if (started && !closed) {
                service.onMetadataUpdate(delta, image);
            }
        } finally {
            lock.unlock();
        }
        elections.compareSoon();
    }

    /// To be registered with a data shard.
    public ShardListener shardListener() {
        return new ShardListener() {
            @Override
            public void onApplied(Set<PartitionId> changed) {
                applied(changed);
            }

            @Override
            public void onLeadership(Leadership leadership) {
                elections.compareSoon();
            }
        };
    }

    private void applied(Set<PartitionId> changed) {
        Optional<Uuid> topic = ports.metadata().topic(TOPIC).map(TopicImage::id);
        if (topic.isEmpty()) {
            return;
        }
        for (PartitionId id : changed) {
            if (id.topicId().equals(topic.get())) {
                if (writer.electedEpoch(id.partition()).isEmpty()) {
                    elections.compareSoon(); // perhaps it was opened just now
                }
                writer.applied(TOPIC, id.partition());
            }
        }
    }

    @SuppressWarnings(
            "ReferenceEquality") // an image that shares its configs shares the very object
    private LogConfig logConfig() {
        MetadataImage image = ports.metadata().image();
        CachedConfig now = logConfig;
        if (now.of().isEmpty() || now.of().get() != image.configs()) {
            ClusterMetadata metadata = ports.metadata();
            now =
                    new CachedConfig(
                            Optional.of(image.configs()),
                            topicConfigs.logConfig(
                                    metadata.topicConfigs(TOPIC),
                                    metadata.dynamicDefaults(nodeId)));
            logConfig = now;
        }
        return now.config();
    }

    /// Ends: nothing is told to the coordinator any more, its threads stop, at most 10 s later it
    /// is left behind.
    @Override
    public void close() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
        } finally {
            lock.unlock();
        }
        elections.close();
        loader.close();
        Thread stopping =
                Thread.ofVirtual().name("group-coordinator-stop").start(service::shutdown);
        try {
            if (!stopping.join(java.time.Duration.ofMillis(CLOSE_TIMEOUT_MS))) {
                LOG.warn("group coordinator did not stop in time: ms={}", CLOSE_TIMEOUT_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        metrics.close();
    }
}
