// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.broker.api.ApiParts;
import io.varve.broker.api.ClusterChanges;
import io.varve.broker.api.ConfigViews;
import io.varve.broker.api.KafkaApi;
import io.varve.broker.api.PeerForwarding;
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
import io.varve.broker.metadata.ProducerIds;
import io.varve.broker.metadata.ShardMetadataLog;
import io.varve.broker.metadata.TopicPolicies;
import io.varve.broker.network.NetworkCounters;
import io.varve.broker.partition.BatchReads;
import io.varve.broker.partition.FetchWaiters;
import io.varve.broker.partition.LocalRows;
import io.varve.broker.partition.PartitionReader;
import io.varve.broker.peers.ControllerLink;
import io.varve.broker.peers.Hello;
import io.varve.broker.peers.PeerView;
import io.varve.broker.peers.ShardCalls;
import io.varve.broker.peers.ShardLink;
import io.varve.broker.raft.PeerClient;
import io.varve.broker.raft.PeerHandler;
import io.varve.broker.raft.RaftMember;
import io.varve.broker.raft.RaftNode;
import io.varve.broker.server.ClusterOpening.BrokerPlace;
import io.varve.broker.shard.PartitionView;
import io.varve.broker.shard.Shard;
import io.varve.broker.shard.ShardLimits;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.generation.BrokerAlive;
import io.varve.objectstore.governed.Priority;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A running broker. [#start] builds it from the bucket up to the listeners; [#close] takes it down
/// in reverse order, within 15 s. Thread-safe.
public final class Broker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Broker.class);
    private static final Duration TEND_INTERVAL = Duration.ofSeconds(1);
    private static final Duration HOSTING_LOOK = Duration.ofSeconds(2);
    private static final Duration START_LOOK = Duration.ofMillis(50);
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
    private final DelayTimer timer = new DelayTimer();
    private final BrokerMetrics metrics = new BrokerMetrics();
    private final BucketStart bucket;
    private final ShardSet shards;
    private final ClusterMetadata metadata = new ClusterMetadata();
    private final TopicPolicies policies;
    private final Controller controller;
    private final PeerClient peers = new PeerClient();
    private final PeerForwarding forwarding;
    private final ControllerLink link;
    private final ShardRuntimes runtimes;
    private final LeaderDuties duties;
    private final BackgroundLoops loops = new BackgroundLoops(clock);
    private final DiskPressure pressure;
    private final ColdTier cold;
    private final GroupCoordinatorHost groups;
    private final FetchWaiters waiters;
    private final AdminHttp http;
    private volatile @Nullable KafkaListeners listeners;

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
        opened.push(timer);
        opened.push(metrics);
        DataDirectory directory = DataDirectory.open(config.node().dataDir());
        opened.push(directory);
        opened.push(peers);
        String addresses =
                config.listeners().kafka().stream()
                        .map(Endpoint::toString)
                        .collect(Collectors.joining(","));
        bucket =
                BucketStart.of(
                        config.archive(),
                        surroundings.bucket(),
                        metrics.bucket(),
                        directory,
                        new BrokerPlace(
                                nodeId,
                                addresses,
                                config.node().seeds().size() <= 1 ? config.hotTier().shards() : 0),
                        SeedSearch.of(config.node(), peers),
                        clock);
        opened.push(bucket.store());
        DirectoryIdentity identity = bucket.opened().identity();
        policies = new TopicPolicies(metadata, new TopicConfigs(config), nodeId);

        cold =
                new ColdTier(
                        bucket.store().as(Priority.READ),
                        config.hotTier().cacheDir(),
                        config.hotTier().cacheBytes().orElse(directory.diskBytes() / 10),
                        background);
        ShardLimits limits =
                ShardLimits.of(
                        config.topics().maxMessageBytesLimit(),
                        Duration.ofMillis(config.topics().producerIdExpirationMs()));
        shards =
                ShardSet.open(
                        config,
                        directory,
                        identity,
                        new ShardFolders(
                                config,
                                limits,
                                directory,
                                identity.clusterId(),
                                new BucketCheckpoints(
                                        bucket.store().as(Priority.READ),
                                        checkpoint ->
                                                cold.journals(checkpoint.shard())
                                                        .checkpointed(checkpoint)),
                                background,
                                exit,
                                this::diskFull,
                                metrics::commitTimes),
                        RaftNode.create(
                                RaftPlace.settings(
                                        config, directory, identity, limits.entryBytesMax()),
                                exit::halt));
        opened.push(shards);
        shards.tellJournals(cold);
        PartitionReader reader = new PartitionReader(new LocalRows(), cold.reader(), clock);
        BatchReads batches = new BatchReads(reader, background);

        runtimes =
                new ShardRuntimes(
                        BrokerArchive.context(
                                config,
                                expectedShards(),
                                bucket.store(),
                                identity.clusterId(),
                                "varve " + version + " " + identity.peerId(),
                                directory.root().resolve("archiving"),
                                clock),
                        archivePolicies());
        opened.push(runtimes);
        shards.shards().values().forEach(runtimes::add);
        pressure =
                new DiskPressure(
                        surroundings.disks().of(directory.root()),
                        new DiskBallast(directory.ballast()),
                        DiskPressure.Marks.of(config, expectedShards()),
                        runtimes.all());
        PeerView view =
                new PeerView(nodeId, metadata, config.node().seeds(), cluster()::controllerId);
        controller =
                new Controller(
                        ControllerSettings.of(
                                config,
                                identity.generation(),
                                identity.founder() ? identity.shards() : List.of()),
                        new ControllerPorts(
                                metadata,
                                new ShardMetadataLog(shards.metadata().shard()),
                                new ShardLink(shards.dataShards(), view, peers),
                                new ShippedDeletions(runtimes.metadata().archiving()),
                                clock,
                                System::nanoTime,
                                Uuid::randomUuid));
        opened.push(controller);
        link = new ControllerLink(controller, view, peers);
        forwarding = new PeerForwarding(controller::active);
        forwarding.through(link);
        duties =
                new LeaderDuties(
                        nodeId,
                        metadata,
                        shards,
                        link,
                        peers,
                        Duration.ofMillis(config.hotTier().replicaLagMaxMs()),
                        pressure,
                        System::nanoTime);
        groups =
                new GroupCoordinatorHost(
                        config,
                        new HostPorts(
                                metadata,
                                shards.dataShards(),
                                policies,
                                (id, offset, maxBytes) ->
                                        readBatches(batches, id, offset, maxBytes),
                                bucket.opened().cut(),
                                clock));
        opened.push(groups);
        waiters = new FetchWaiters(timer::after, background, FETCHES_WAITING_MAX);
        metadata.addListener(groups::onMetadata);
        for (ShardRuntime runtime : runtimes.all()) {
            listenTo(runtime);
        }
        shards.start(handlers(identity));
        bucket.showOn(metrics.bucket(), config.archive(), runtimes::storedBytes, clock);
        metrics.reads(reader.hotCounters(), cold);
        metrics.disk(pressure);
        metrics.ready(() -> notReady().isEmpty());
        http = startHttp();
        opened.push(http);
        openListeners(reader, opened);
        var membership =
                new ClusterMembership(
                        link, identity.clusterId(), brokerIdentity(identity), metadata);
        opened.push(() -> {
            membership.stopping();
            duties.handOver();
        });
        opened.push(loops);
        startLoops(identity, membership);
        parts.addAll(opened);
    }

    /// What other brokers may ask this one.
    private Map<String, PeerHandler> handlers(DirectoryIdentity identity) {
        Map<String, PeerHandler> handlers = new HashMap<>(link.handlers());
        handlers.putAll(Hello.handler(new Hello(identity.clusterId(), identity.metadataShard())));
        handlers.putAll(
                ShardCalls.handlers(shards.dataShards(), shards::runs, () -> !pressure.full()));
        handlers.putAll(forwarding.handler());
        return handlers;
    }

    private boolean diskFull() {
        return pressure.full();
    }

    private NodeCluster cluster() {
        DirectoryIdentity identity = bucket.opened().identity();
        return new NodeCluster(identity.nodeId(), identity.clusterId(), metadata, shards);
    }

    /// As many as this broker may come to carry: the metadata shard, and its part of every
    /// broker's.
    private int expectedShards() {
        return 1 + config.hotTier().shards() * Math.max(1, config.node().seeds().size());
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

    private TopicArchivePolicies archivePolicies() {
        return new TopicArchivePolicies(metadata, policies, config.archive());
    }

    /// Everybody hears a shard from its beginning.
    private void listenTo(ShardRuntime runtime) throws IOException {
        if (runtime.id().isMetadata()) {
            runtime.shard().addListenerFromStart(metadata.shardListener());
            runtime.shard().addListenerFromStart(controller.leadershipListener());
        } else {
            runtime.shard().addListenerFromStart(groups.shardListener());
            runtime.shard().addListenerFromStart(controller.dataShardListener(background));
        }
        runtime.shard().addListenerFromStart(waiters);
        runtime.shard().addListenerFromStart(runtime.archiving());
        metrics.shard(runtime);
    }

    /// A shard that the metadata placed here while the broker runs.
    private void openShard(ShardId id, ShardFolders.Origin origin) throws IOException {
        ShardSet.Opened shard = shards.open(id, origin);
        ShardSet.tellJournals(cold, shard);
        listenTo(runtimes.add(shard));
        loops.step("hot-retention-" + id.shard(), shard.retention(localRetention(), clock));
    }

    private TopicLocalRetention localRetention() {
        return new TopicLocalRetention(metadata, policies, pressure::underPressure);
    }

    private AdminHttp startHttp() throws BrokerStartException {
        HostPort address = config.listeners().http();
        String listener = config.listeners().advertised().getFirst().name();
        var states = new ClusterStates(cluster(), shards, listener);
        metrics.cluster(states);
        BrokerAdmin admin =
                new BrokerAdmin(
                        this::clusterInfo,
                        states,
                        duties,
                        metadata,
                        runtimes.all(),
                        bucket.store().as(Priority.READ),
                        link);
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
        listeners = KafkaListeners.open(config, api, counters);
        opened.push(listeners);
    }

    private ApiParts apiParts(PartitionReader reader) {
        DirectoryIdentity identity = bucket.opened().identity();
        int nodeId = identity.nodeId();
        ConfigViews configs =
                ConfigViews.of(
                        metadata, new TopicConfigs(config), new BrokerConfigs(config), nodeId);
        return new ApiParts(
                cluster(),
                ClusterChanges.by(
                        controller, link, config.topics().autoCreate(), offsetsTopicConfigs()),
                forwarding,
                new BoundConfigs(configs, Map.of("http.listener", http())),
                reader,
                waiters,
                policies::rules,
                pressure,
                new ProducerIds(link::producerIdBlock),
                groups.service(),
                background,
                timer.executor(),
                clock,
                config.network().maxFetchBytes(),
                pressure.asDirectory(config.node().dataDir()));
    }

    private Map<String, String> offsetsTopicConfigs() {
        Properties configs = groups.service().groupMetadataTopicConfigs();
        return configs.stringPropertyNames().stream()
                .collect(Collectors.toMap(name -> name, configs::getProperty));
    }

    private void startLoops(DirectoryIdentity identity, ClusterMembership membership) {
        GenerationGuard guard =
                new GenerationGuard(
                        bucket.store().as(Priority.JOURNAL),
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
        ShardHosting hosting = new ShardHosting(identity, metadata, shards, this::openShard);
        Semaphore changed = new Semaphore(0);
        metadata.addListener((delta, image, endOffset) -> changed.release());
        loops.repeat("generation-guard", GenerationGuard.CHECK_INTERVAL, guard::check);
        loops.step("disk-pressure", pressure::step);
        loops.repeat("reconcile", RECONCILE_INTERVAL, this::reconcile);
        loops.step("membership", membership::step);
        loops.step("leader-duties", duties::step);
        loops.repeat(
                "tend-cluster",
                TEND_INTERVAL,
                () -> {
                    controller.tend();
                    return true;
                });
        loops.repeat("shard-hosting", Duration.ZERO, () -> hosted(hosting, changed));
        Readiness readiness = new Readiness(identity.nodeId(), membership, metadata, shards);
        loops.repeat("start", START_LOOK, () -> !nowReady(readiness));
        shards.shards()
                .values()
                .forEach(opened ->
                        loops.step(
                                "hot-retention-" + opened.shard().id().shard(),
                                opened.retention(localRetention(), clock)));
        metrics.loops(loops);
    }

    /// Looks whenever the metadata changed, and from time to time for what failed.
    private static boolean hosted(ShardHosting hosting, Semaphore changed) {
        try {
            boolean _ = changed.tryAcquire(HOSTING_LOOK.toMillis(), TimeUnit.MILLISECONDS);
            changed.drainPermits();
            hosting.host();
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /// What a command that was lost, or refused for want of a leader, left undone.
    private boolean reconcile() {
        var _ = controller.reconcile();
        return true;
    }

    private BrokerIdentity brokerIdentity(DirectoryIdentity identity) {
        RaftMember raft = shards.self();
        return new BrokerIdentity(
                identity.nodeId(),
                Uuid.randomUuid(),
                identity.peerUuid(),
                new HostPort(raft.host(), raft.port()),
                config.node().rack(),
                listening().advertised());
    }

    private KafkaListeners listening() {
        KafkaListeners open = listeners;
        if (open == null) {
            throw new IllegalStateException("not listening yet");
        }
        return open;
    }

    private boolean nowReady(Readiness readiness) {
        if (!readiness.reached()) {
            return false;
        }
        groups.start();
        var _ = controller.reconcile();
        ready.countDown();
        return true;
    }

    private Optional<String> notReady() {
        return ready.getCount() == 0
                ? Optional.empty()
                : Optional.of("not registered with a controller yet, or a shard has no leader");
    }

    /// @return whether the broker serves within this time
    public boolean awaitReady(Duration limit) throws InterruptedException {
        return ready.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    /// Where Kafka clients connect first, `HOST:PORT`.
    public String kafka() {
        KafkaListeners open = listeners;
        return open == null ? "" : open.first().toString();
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
