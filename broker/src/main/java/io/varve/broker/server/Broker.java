// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.archiver.ArchiveContext;
import io.varve.archiver.ArchiveSettings;
import io.varve.broker.api.ApiParts;
import io.varve.broker.api.ClusterChanges;
import io.varve.broker.api.ConfigViews;
import io.varve.broker.api.KafkaApi;
import io.varve.broker.cold.ColdTier;
import io.varve.broker.config.BrokerConfig;
import io.varve.broker.config.BrokerConfigs;
import io.varve.broker.config.Endpoint;
import io.varve.broker.config.HostPort;
import io.varve.broker.config.TopicConfigs;
import io.varve.broker.coordinator.GroupCoordinatorHost;
import io.varve.broker.coordinator.HostPorts;
import io.varve.broker.http.AdminHttp;
import io.varve.broker.http.AdminRoutes;
import io.varve.broker.http.AdminView.ClusterInfo;
import io.varve.broker.metadata.BrokerIdentity;
import io.varve.broker.metadata.ClusterMetadata;
import io.varve.broker.metadata.Controller;
import io.varve.broker.metadata.ControllerPorts;
import io.varve.broker.metadata.ControllerSettings;
import io.varve.broker.metadata.LocalDataShards;
import io.varve.broker.metadata.ProducerIds;
import io.varve.broker.metadata.ShardMetadataLog;
import io.varve.broker.metadata.TopicPolicies;
import io.varve.broker.network.ConnectionQuota;
import io.varve.broker.network.KafkaListener;
import io.varve.broker.network.ListenerSettings;
import io.varve.broker.network.NetworkCounters;
import io.varve.broker.partition.BatchReads;
import io.varve.broker.partition.FetchWaiters;
import io.varve.broker.partition.LocalRows;
import io.varve.broker.partition.PartitionReader;
import io.varve.broker.server.ClusterOpening.BrokerPlace;
import io.varve.broker.shard.Leadership;
import io.varve.broker.shard.PartitionView;
import io.varve.broker.shard.Shard;
import io.varve.broker.shard.ShardListener;
import io.varve.manifest.PartitionId;
import io.varve.manifest.generation.BrokerAlive;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A running broker. [#start] builds it from the bucket up to the listeners; [#close] takes it down
/// in reverse order, within 15 s. Thread-safe.
public final class Broker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Broker.class);
    private static final Duration READY_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration RECONCILE_INTERVAL = Duration.ofSeconds(30);
    private static final int FETCHES_WAITING_MAX = 100_000;

    private final BrokerConfig config;
    private final String version;
    private final BrokerExit exit;
    private final InstantSource clock = InstantSource.system();
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final CountDownLatch ready = new CountDownLatch(1);
    private final ExecutorService background = Executors.newVirtualThreadPerTaskExecutor();
    private final ScheduledExecutorService timer = timer();
    private final BrokerMetrics metrics = new BrokerMetrics();
    private final BucketStart bucket;
    private final ShardSet shards;
    private final ClusterMetadata metadata = new ClusterMetadata();
    private final TopicPolicies policies;
    private final Controller controller;
    private final List<ShardRuntime> runtimes = new ArrayList<>();
    private final DiskPressure pressure;
    private final ColdTier cold;
    private final GroupCoordinatorHost groups;
    private final FetchWaiters waiters;
    private final AdminHttp http;
    private final List<KafkaListener> listeners = new ArrayList<>();

    /// Starts a broker; returns when it listens. [#awaitReady] tells when it serves.
    ///
    /// @param version of the product, for people
    /// @throws BrokerStartException what is wrong, where, and what to do; nothing is left running
    public static Broker start(BrokerConfig config, String version, BrokerExit exit)
            throws BrokerStartException {
        return start(config, version, exit, Surroundings.real());
    }

    static Broker start(
            BrokerConfig config, String version, BrokerExit exit, Surroundings surroundings)
            throws BrokerStartException {
        Deque<AutoCloseable> opened = new ArrayDeque<>();
        try {
            return new Broker(config, version, exit, surroundings, opened);
        } catch (IOException e) {
            closeAll(opened);
            throw new BrokerStartException("cannot start: " + e.getMessage(), e);
        } catch (BrokerStartException | RuntimeException e) {
            closeAll(opened);
            throw e;
        }
    }

    private Broker(
            BrokerConfig config,
            String version,
            BrokerExit exit,
            Surroundings surroundings,
            Deque<AutoCloseable> opened)
            throws BrokerStartException, IOException {
        this.config = config;
        this.version = version;
        this.exit = exit;
        int nodeId = config.node().nodeId();
        opened.push(background::shutdownNow);
        opened.push(timer::shutdownNow);
        opened.push(metrics);
        DataDirectory directory = DataDirectory.open(config.node().dataDir());
        opened.push(directory);
        String addresses =
                config.listeners().kafka().stream()
                        .map(Endpoint::toString)
                        .collect(Collectors.joining(","));
        bucket =
                BucketStart.of(
                        config.archive().bucketUrl(),
                        surroundings.bucket(),
                        directory,
                        new BrokerPlace(nodeId, addresses, config.hotTier().shards()),
                        clock);
        opened.push(bucket.store());
        DirectoryIdentity identity = bucket.opened().identity();
        policies = new TopicPolicies(metadata, new TopicConfigs(config), nodeId);

        cold =
                new ColdTier(
                        bucket.store(),
                        config.hotTier().cacheDir(),
                        config.hotTier().cacheBytes().orElse(defaultCacheBytes(directory)),
                        background);
        shards =
                ShardSet.open(
                        config,
                        directory,
                        identity,
                        new BucketCheckpoints(
                                bucket.store(),
                                checkpoint ->
                                        cold.journals(checkpoint.shard()).checkpointed(checkpoint)),
                        background,
                        exit,
                        metrics::commitTimes);
        opened.push(shards);
        shards.tellJournals(cold);
        PartitionReader reader = new PartitionReader(new LocalRows(), cold.reader(), clock);
        BatchReads batches = new BatchReads(reader, background);

        archive(directory, identity);
        opened.push(() -> runtimes.forEach(runtime -> runtime.archiving().close()));
        pressure =
                new DiskPressure(
                        surroundings.disks().of(directory.root()),
                        DiskPressure.Marks.of(config, runtimes.size()),
                        runtimes);
        controller =
                new Controller(
                        ControllerSettings.single(config, identity.generation()),
                        new ControllerPorts(
                                metadata,
                                new ShardMetadataLog(shards.metadata().shard()),
                                new LocalDataShards(shards.dataShards()),
                                new ShippedDeletions(runtimes.getFirst().archiving()),
                                clock,
                                Uuid::randomUuid));
        opened.push(controller);
        groups =
                new GroupCoordinatorHost(
                        config,
                        new HostPorts(
                                metadata,
                                controller,
                                shards.dataShards(),
                                policies,
                                (id, offset, maxBytes) ->
                                        readBatches(batches, id, offset, maxBytes),
                                bucket.opened().cut(),
                                clock));
        opened.push(groups);
        waiters = new FetchWaiters(this::after, background, FETCHES_WAITING_MAX);
        listen();
        shards.start();
        metrics.bucket(bucket.store());
        metrics.reads(reader.hotCounters(), cold);
        metrics.disk(pressure);
        metrics.ready(() -> notReady().isEmpty());
        runtimes.forEach(metrics::shard);
        http = startHttp();
        opened.push(http);
        openListeners(reader, opened);
        opened.push(startLoops(identity));
        register(identity);
        parts.addAll(opened);
    }

    /// Cancelled timers leave at once: every long poll sets one.
    private static ScheduledExecutorService timer() {
        ScheduledThreadPoolExecutor timer =
                new ScheduledThreadPoolExecutor(
                        1, Thread.ofPlatform().daemon().name("timer").factory());
        timer.setRemoveOnCancelPolicy(true);
        return timer;
    }

    private Runnable after(Runnable task, Duration delay) {
        ScheduledFuture<?> scheduled =
                timer.schedule(task, Math.max(0, delay.toNanos()), TimeUnit.NANOSECONDS);
        return () -> scheduled.cancel(false);
    }

    private static long defaultCacheBytes(DataDirectory directory) throws IOException {
        return Files.getFileStore(directory.root()).getTotalSpace() / 10;
    }

    private CompletableFuture<ByteBuffer> readBatches(
            BatchReads batches, PartitionId id, long offset, int maxBytes) {
        for (Shard shard : shards.dataShards().values()) {
            Optional<PartitionView> view = shard.partition(id);
            if (view.isPresent()) {
                return batches.read(view.get(), offset, maxBytes);
            }
        }
        return CompletableFuture.failedFuture(
                new NotLeaderOrFollowerException("partition is not open here: partition=" + id));
    }

    private void archive(DataDirectory directory, DirectoryIdentity identity) {
        ArchiveContext context =
                new ArchiveContext(
                        bucket.store(),
                        identity.clusterId(),
                        "varve " + version + " " + identity.peerId(),
                        directory.root().resolve("archiving"),
                        archiveSettings(),
                        clock,
                        new SecureRandom());
        TopicArchivePolicies archivePolicies =
                new TopicArchivePolicies(metadata, policies, config.archive());
        shards.shards()
                .values()
                .forEach(opened ->
                        runtimes.add(
                                new ShardRuntime(
                                        opened.shard(),
                                        opened.log(),
                                        new ShardArchiving(
                                                opened.shard().id(),
                                                context,
                                                archivePolicies,
                                                opened::archiveSource))));
    }

    private ArchiveSettings archiveSettings() {
        ArchiveSettings defaults = ArchiveSettings.defaults();
        BrokerConfig.Archive archive = config.archive();
        ArchiveSettings.Cleaning cleaning = defaults.cleaning();
        return defaults.withJournals(
                        new ArchiveSettings.Journals(
                                archive.intervalMs(),
                                Math.toIntExact(archive.journalBytes()),
                                Math.min(archive.intervalMs(), defaults.journals().pollMs())))
                .withSegments(
                        new ArchiveSettings.Segments(
                                defaults.segments().bytesMax(),
                                defaults.segments().checkMs(),
                                defaults.segments().retryMs(),
                                DiskPressure.temporaryReserveBytes(config, shards.shards().size())))
                .withCleaning(
                        new ArchiveSettings.Cleaning(
                                archive.retentionCheckMs(),
                                cleaning.clockSkewMaxMs(),
                                2 * archive.retentionCheckMs(),
                                cleaning.orphanScanMs(),
                                archive.deleteGraceMs(),
                                archive.topicUndeleteMs()));
    }

    /// Everybody hears his shards from the beginning.
    private void listen() throws IOException {
        for (ShardRuntime runtime : runtimes) {
            if (runtime.shard().id().isMetadata()) {
                metadata.addListener(groups::onMetadata);
                runtime.shard().addListenerFromStart(metadata.shardListener());
                runtime.shard().addListenerFromStart(controller.leadershipListener());
            } else {
                runtime.shard().addListenerFromStart(groups.shardListener());
                runtime.shard().addListenerFromStart(reconcileWhenReady());
            }
            runtime.shard().addListenerFromStart(waiters);
            runtime.shard().addListenerFromStart(runtime.archiving());
        }
    }

    private ShardListener reconcileWhenReady() {
        return new ShardListener() {
            @Override
            public void onLeadership(Leadership leadership) {
                if (leadership instanceof Leadership.Ready) {
                    background.execute(() -> {
                        var _ = controller.reconcile();
                    });
                }
            }
        };
    }

    private AdminHttp startHttp() throws BrokerStartException {
        HostPort address = config.listeners().http();
        BrokerAdmin admin = new BrokerAdmin(this::clusterInfo, metadata, runtimes, bucket.store());
        try {
            return AdminHttp.start(
                    new InetSocketAddress(address.host(), address.port()),
                    AdminRoutes.of(admin, metrics.registry(), this::notReady));
        } catch (IOException e) {
            throw new BrokerStartException(
                    "cannot listen: http.listener="
                            + address
                            + ", error="
                            + e.getMessage()
                            + "; is the port free?",
                    e);
        }
    }

    private ClusterInfo clusterInfo() {
        DirectoryIdentity identity = bucket.opened().identity();
        return new ClusterInfo(
                identity.clusterId(),
                identity.generation(),
                identity.nodeId(),
                bucketUrl(),
                version,
                kafka(),
                http());
    }

    private void openListeners(PartitionReader reader, Deque<AutoCloseable> opened)
            throws BrokerStartException {
        KafkaApi api = new KafkaApi(apiParts(reader));
        NetworkCounters counters = new NetworkCounters(metrics.requestTimes());
        metrics.network(counters);
        ConnectionQuota quota =
                new ConnectionQuota(
                        config.network().maxConnections(), config.network().maxConnectionsPerIp());
        for (Endpoint endpoint : config.listeners().kafka()) {
            String host = endpoint.host().isEmpty() ? "0.0.0.0" : endpoint.host();
            try {
                KafkaListener listener =
                        KafkaListener.open(listenerSettings(endpoint, host), api, counters, quota);
                opened.push(listener);
                listeners.add(listener);
            } catch (IOException e) {
                throw new BrokerStartException(
                        "cannot listen: listeners="
                                + endpoint
                                + ", error="
                                + e.getMessage()
                                + "; is the port free?",
                        e);
            }
        }
    }

    private ListenerSettings listenerSettings(Endpoint endpoint, String host) {
        ListenerSettings defaults = ListenerSettings.at(endpoint.name(), host, endpoint.port());
        return new ListenerSettings(
                defaults.name(),
                host,
                endpoint.port(),
                config.network().maxRequestBytes(),
                defaults.inFlightMax(),
                defaults.inFlightBytesMax(),
                Duration.ofMillis(config.network().maxIdleMs()),
                defaults.stallTimeout(),
                defaults.threads());
    }

    private ApiParts apiParts(PartitionReader reader) {
        DirectoryIdentity identity = bucket.opened().identity();
        int nodeId = identity.nodeId();
        ConfigViews configs =
                ConfigViews.of(
                        metadata, new TopicConfigs(config), new BrokerConfigs(config), nodeId);
        return new ApiParts(
                new NodeCluster(nodeId, identity.clusterId(), metadata, shards),
                ClusterChanges.by(controller, config.topics().autoCreate(), offsetsTopicConfigs()),
                new BoundConfigs(configs, Map.of("http.listener", http())),
                reader,
                waiters,
                policies::rules,
                pressure,
                new ProducerIds(controller::producerIdBlock),
                groups.service(),
                background,
                timer,
                clock,
                config.network().maxFetchBytes(),
                pressure.asDirectory(config.node().dataDir()));
    }

    private Map<String, String> offsetsTopicConfigs() {
        Properties configs = groups.service().groupMetadataTopicConfigs();
        return configs.stringPropertyNames().stream()
                .collect(Collectors.toMap(name -> name, configs::getProperty));
    }

    private AutoCloseable startLoops(DirectoryIdentity identity) {
        BackgroundLoops loops = new BackgroundLoops(clock);
        GenerationGuard guard =
                new GenerationGuard(
                        bucket.store(),
                        identity.generation(),
                        () ->
                                new BrokerAlive(
                                        identity.peerId(),
                                        identity.nodeId(),
                                        kafka(),
                                        clock.millis()),
                        reason -> {
                            LOG.error("stopping: {}", reason);
                            exit.stop(reason);
                        },
                        clock);
        loops.repeat("generation-guard", GenerationGuard.CHECK_INTERVAL, guard::check);
        TopicLocalRetention retention =
                new TopicLocalRetention(metadata, policies, pressure::underPressure);
        loops.step("disk-pressure", pressure::step);
        loops.repeat("reconcile", RECONCILE_INTERVAL, this::reconcile);
        shards.shards()
                .values()
                .forEach(opened ->
                        loops.step(
                                "hot-retention-" + opened.shard().id().shard(),
                                opened.retention(retention, clock)));
        metrics.loops(loops);
        return loops;
    }

    /// What a command that was lost, or refused for want of a leader, left undone.
    private boolean reconcile() {
        var _ = controller.reconcile();
        return true;
    }

    private void register(DirectoryIdentity identity) {
        List<Endpoint> advertised = new ArrayList<>();
        List<Endpoint> wanted = config.listeners().advertised();
        for (int i = 0; i < listeners.size(); i++) {
            advertised.add(bound(wanted.get(i), listeners.get(i)));
        }
        BrokerIdentity broker =
                new BrokerIdentity(
                        identity.nodeId(), Uuid.randomUuid(), config.node().rack(), advertised);
        background.execute(() -> {
            var _ = controller.registerBroker(broker);
            awaitServing();
        });
    }

    private static Endpoint bound(Endpoint wanted, KafkaListener listener) {
        InetSocketAddress local = listener.localAddress();
        String host =
                !wanted.host().isEmpty()
                        ? wanted.host()
                        : local.getAddress().isAnyLocalAddress()
                                ? "localhost"
                                : local.getHostString();
        return new Endpoint(
                wanted.name(),
                wanted.protocol(),
                host,
                wanted.port() == 0 ? local.getPort() : wanted.port());
    }

    /// Ready when every shard is led here, and the metadata knows this broker: groups start then.
    private void awaitServing() {
        try {
            for (ShardRuntime runtime : runtimes) {
                AppliedWait.until(
                        runtime.shard(),
                        () -> runtime.shard().leadership() instanceof Leadership.Ready,
                        READY_TIMEOUT);
            }
            AppliedWait.until(
                    shards.metadata().shard(),
                    () -> metadata.image().cluster().brokers().containsKey(config.node().nodeId()),
                    READY_TIMEOUT);
            groups.start();
            var _ = controller.reconcile();
            ready.countDown();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Optional<String> notReady() {
        return ready.getCount() == 0
                ? Optional.empty()
                : Optional.of("shards are not led here yet, or the broker is not registered");
    }

    /// @return whether the broker serves within this time
    public boolean awaitReady(Duration limit) throws InterruptedException {
        return ready.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    /// Where Kafka clients connect first, `HOST:PORT`.
    public String kafka() {
        if (listeners.isEmpty()) {
            return "";
        }
        Endpoint endpoint = bound(config.listeners().advertised().getFirst(), listeners.getFirst());
        return new HostPort(endpoint.host(), endpoint.port()).toString();
    }

    /// Where the HTTP side listens, `HOST:PORT`.
    public String http() {
        InetSocketAddress address = http.address();
        return new HostPort(address.getAddress().getHostAddress(), address.getPort()).toString();
    }

    public String bucketUrl() {
        return bucket.store().url();
    }

    public String clusterId() {
        return bucket.opened().identity().clusterId();
    }

    public int generation() {
        return bucket.opened().identity().generation();
    }

    /// Stops serving, then everything else, newest first. Idempotent.
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            closeAll(parts);
        }
    }

    private static void closeAll(Deque<AutoCloseable> parts) {
        while (!parts.isEmpty()) {
            AutoCloseable part = parts.pop();
            try {
                part.close();
            } catch (Exception e) {
                LOG.warn("closing failed: part={}", part, e);
            }
        }
    }
}
