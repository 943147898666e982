// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import io.varve.broker.config.BrokerConfig;
import io.varve.broker.config.BrokerConfigs;
import io.varve.broker.config.TopicConfigs;
import io.varve.broker.shard.Leadership;
import io.varve.broker.shard.ShardListener;
import io.varve.manifest.PartitionId;
import io.varve.manifest.metadata.ShardRow.Replica;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.metadata.ProducerIdsRecord;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.metadata.BrokerRegistration;
import org.apache.kafka.server.common.ApiMessageAndVersion;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The one who changes the cluster's metadata: active on the broker that leads shard 0, and only
/// there.
///
/// A change is one batch of records, worked out against the image that holds everything before it.
/// Only then are partitions opened, changed or closed in the data shards; whoever is controller
/// after a crash takes that up again ([#reconcile()]). Answers never fail: they carry Kafka's error
/// codes, NOT_CONTROLLER when this broker is not active. After REQUEST_TIMED_OUT the change may
/// still come about. Thread-safe; nothing blocks but [#close()].
public final class Controller implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Controller.class);
    private static final int PRODUCER_ID_BLOCK = 1_000;
    private static final int GENERATION_SHIFT = 40;
    private static final long AGAIN_MS = 100;

    private final ControllerSettings settings;
    private final ControllerPorts ports;
    private final ChangeQueue queue;
    private final PartitionReconciler reconciler;
    private final TopicPlans topicPlans;
    private final ConfigPlans configPlans;
    private final BrokerSessions sessions;
    private final AtomicBoolean reconciling = new AtomicBoolean();

    /// The newest image that was found to need nothing: working that out walks all partitions.
    private volatile MetadataImage settled = MetadataImage.EMPTY;

    private final Map<Uuid, CompletableFuture<Boolean>> deleting = new ConcurrentHashMap<>();

    public Controller(ControllerSettings settings, ControllerPorts ports) {
        this.settings = settings;
        this.ports = ports;
        queue =
                new ChangeQueue(
                        ports.metadata(),
                        ports.log(),
                        ports.clock(),
                        settings.changeTimeoutMs(),
                        settings.maxQueuedChanges());
        reconciler = new PartitionReconciler(ports.shards(), ports.deletions());
        TopicConfigs topicConfigs = new TopicConfigs(settings.config());
        topicPlans = new TopicPlans(settings.config(), topicConfigs, ports.topicIds());
        sessions = new BrokerSessions(settings.sessionTimeout(), ports.nanos());
        configPlans = new ConfigPlans(nodeId(), topicConfigs, new BrokerConfigs(settings.config()));
    }

    /// What shard 0 tells its leadership to: the controller is active while this broker leads it.
    public ShardListener leadershipListener() {
        return new ShardListener() {
            @Override
            public void onLeadership(Leadership leadership) {
                switch (leadership) {
                    case Leadership.Ready ready -> lead(ready.term());
                    case Leadership.NotReady notReady -> queue.resign();
                    case Leadership.Elsewhere elsewhere -> queue.resign();
                }
            }
        };
    }

    /// What a data shard of this broker tells its leadership to: a shard that becomes ready may
    /// lack something.
    public ShardListener dataShardListener(Executor background) {
        return new ShardListener() {
            @Override
            public void onLeadership(Leadership leadership) {
                if (leadership instanceof Leadership.Ready) {
                    background.execute(() -> {
                        var _ = reconcile();
                    });
                }
            }
        };
    }

    private void lead(long term) {
        sessions.clear();
        queue.become(term);
    }

    /// Whether this broker is the controller.
    public boolean active() {
        return queue.term().isPresent();
    }

    /// Registers a broker: each registers when it starts, and again when the controller does not
    /// know it. A second broker of the same id is refused while the first lives, but for one that
    /// runs on the first one's directory: only one process can.
    public CompletableFuture<Registration> registerBroker(BrokerIdentity broker) {
        return queue.submit(image -> registration(image, broker), Registration::failed)
                .thenApply(done -> {
                    if (done.result().error().isSuccess()) {
                        sessions.heard(broker.nodeId());
                    }
                    return done.result();
                });
    }

    private Plan<Registration> registration(MetadataImage image, BrokerIdentity broker) {
        BrokerRegistration known = image.cluster().broker(broker.nodeId());
        Replica replica = new Replica(broker.nodeId(), broker.peerBits());
        if (known != null
                && !known.incarnationId().equals(broker.incarnation())
                && !ShardPlans.replicaOf(known).equals(Optional.of(replica))
                && sessions.live(broker.nodeId())) {
            return new Plan<>(
                    List.of(),
                    Registration.failed(
                            new ApiError(
                                    Errors.DUPLICATE_BROKER_REGISTRATION,
                                    "another broker of this id is alive: node.id="
                                            + broker.nodeId())));
        }
        long epoch = ports.metadata().appliedEnd();
        List<ApiMessageAndVersion> records = new ArrayList<>(MembershipPlans.features(image));
        List<ApiMessageAndVersion> registered = MembershipPlans.registration(image, broker, epoch);
        records.addAll(registered);
        if (broker.nodeId() == nodeId()) {
            records.addAll(ShardPlans.founded(image, settings.foundedShards(), replica));
        }
        records.addAll(ShardPlans.replaced(image, replica));
        long current = registered.isEmpty() && known != null ? known.epoch() : epoch;
        return new Plan<>(records, new Registration(current, true, ApiError.NONE));
    }

    /// A broker's sign of life. Clients hear of it when it has applied its own registration, and no
    /// more when it says that it stops.
    ///
    /// @param appliedEnd end of the metadata that it has applied
    /// @param stopping it is about to stop
    /// @return STALE_BROKER_EPOCH when it must register again
    public CompletableFuture<Registration> heartbeat(
            int nodeId, long brokerEpoch, long appliedEnd, boolean stopping) {
        if (!active()) {
            return CompletableFuture.completedFuture(
                    Registration.failed(
                            new ApiError(
                                    Errors.NOT_CONTROLLER, "this broker is not the controller")));
        }
        BrokerRegistration known = ports.metadata().image().cluster().broker(nodeId);
        if (known == null || known.epoch() != brokerEpoch) {
            return CompletableFuture.completedFuture(stale(nodeId));
        }
        sessions.heard(nodeId);
        boolean fence = stopping || (known.fenced() && appliedEnd <= brokerEpoch);
        if (known.fenced() == fence) {
            return CompletableFuture.completedFuture(
                    new Registration(brokerEpoch, fence, ApiError.NONE));
        }
        return queue.submit(
                        image -> {
                            BrokerRegistration now = image.cluster().broker(nodeId);
                            return now == null || now.epoch() != brokerEpoch
                                    ? new Plan<>(List.of(), stale(nodeId))
                                    : new Plan<>(
                                            MembershipPlans.fence(now, fence),
                                            new Registration(brokerEpoch, fence, ApiError.NONE));
                        },
                        Registration::failed)
                .thenApply(ChangeQueue.Done::result);
    }

    private static Registration stale(int nodeId) {
        return Registration.failed(
                new ApiError(
                        Errors.STALE_BROKER_EPOCH,
                        "the controller does not know this life of the broker: node.id=" + nodeId));
    }

    /// The leader of a data shard says that it leads, and who keeps up. What its shard lacks is
    /// made up for then.
    public CompletableFuture<ApiError> report(ShardReport report) {
        return queue.<ApiError>submit(
                        image -> new Plan<>(ShardPlans.reported(image, report), ApiError.NONE),
                        Function.identity())
                .thenApply(done -> {
                    if (done.changed()) {
                        var _ = reconcile();
                    }
                    return done.result();
                });
    }

    /// Looks after brokers and shards: fences who is silent, makes the shards that new topics will
    /// want, gives shards the replicas that they lack. To be called every second or so; does
    /// nothing on a broker that is not the controller.
    @SuppressWarnings("ReferenceEquality") // what changed is another image
    public void tend() {
        if (!active()) {
            return;
        }
        MetadataImage image = ports.metadata().image();
        List<Integer> unfenced =
                image.cluster().brokers().values().stream()
                        .filter(broker -> !broker.fenced())
                        .map(BrokerRegistration::id)
                        .toList();
        List<Integer> silent = sessions.silent(unfenced);
        if (silent.isEmpty() && (image == settled || tending(image, List.of()).isEmpty())) {
            settled = image;
            return;
        }
        var _ = queue.submit(now -> new Plan<>(tending(now, silent), true), error -> false);
    }

    private List<ApiMessageAndVersion> tending(MetadataImage image, List<Integer> silent) {
        List<ApiMessageAndVersion> records = new ArrayList<>();
        for (int nodeId : silent) {
            BrokerRegistration broker = image.cluster().broker(nodeId);
            if (broker != null && !sessions.live(nodeId)) {
                LOG.warn("broker is silent, clients are not told of it: node.id={}", nodeId);
                records.addAll(MembershipPlans.fence(broker, true));
            }
        }
        List<ApiMessageAndVersion> widened = ShardPlans.widened(image);
        int factor = settings.config().topics().replication();
        ShardPlacement placement = new ShardPlacement(image, settings.config().hotTier().shards());
        // Restored shards grow first, so that no others are made in their place.
        if (widened.isEmpty()
                && placement.brokers() >= Math.max(factor, settings.brokersExpected())) {
            placement.ensure(factor);
            records.addAll(placement.records());
        }
        records.addAll(widened);
        return records;
    }

    /// Creates topics. Answers when their partitions are open, at most after the change time-out.
    ///
    /// @return one result per name, in the order of the request
    public CompletableFuture<List<TopicResult>> createTopics(
            List<NewTopic> topics, boolean validateOnly) {
        return queue.submit(
                        image -> topicPlans.create(image, topics, validateOnly),
                        error ->
                                topics.stream()
                                        .map(topic -> TopicResult.failed(topic.name(), error))
                                        .toList())
                .thenCompose(this::opened);
    }

    /// Gives topics more partitions. Answers when they are open, at most after the change time-out.
    public CompletableFuture<List<TopicResult>> createPartitions(
            List<MorePartitions> topics, boolean validateOnly) {
        return queue.submit(
                        image -> topicPlans.widen(image, topics, validateOnly),
                        error ->
                                topics.stream()
                                        .map(topic -> TopicResult.failed(topic.topic(), error))
                                        .toList())
                .thenCompose(this::opened);
    }

    /// Makes a topic known whose records are in the bucket already. Answers as [#createTopics];
    /// safe to ask again.
    ///
    /// @param validateOnly tell only whether it could be done
    public CompletableFuture<TopicResult> restoreTopic(TopicToRestore topic, boolean validateOnly) {
        if (topic.generation() != settings.generation()) {
            return CompletableFuture.completedFuture(
                    TopicResult.failed(
                            topic.name(),
                            new ApiError(
                                    Errors.INVALID_REQUEST,
                                    "topic was restored for another generation: generation="
                                            + topic.generation()
                                            + ", running="
                                            + settings.generation())));
        }
        return queue.submit(
                        image -> topicPlans.restore(image, topic, validateOnly),
                        error -> List.of(TopicResult.failed(topic.name(), error)))
                .thenCompose(this::opened)
                .thenApply(List::getFirst);
    }

    private CompletableFuture<List<TopicResult>> opened(ChangeQueue.Done<List<TopicResult>> done) {
        if (!done.changed()) {
            return CompletableFuture.completedFuture(done.result());
        }
        List<Uuid> ids =
                done.result().stream().filter(TopicResult::ok).map(TopicResult::id).toList();
        return bounded(realizeAgain(done.image(), ids), Map.of(), settings.changeTimeoutMs())
                .thenApply(open ->
                        done.result().stream()
                                .map(result ->
                                        !result.ok() || open.getOrDefault(result.id(), false)
                                                ? result
                                                : result.withError(
                                                        new ApiError(
                                                                Errors.REQUEST_TIMED_OUT,
                                                                "the topic exists, but not all of its partitions are open yet: topic="
                                                                        + result.name())))
                                .toList());
    }

    private CompletableFuture<Map<Uuid, Boolean>> realizeAgain(
            MetadataImage image, List<Uuid> ids) {
        return again(
                () -> reconciler.realize(image, ids),
                open -> ids.stream().allMatch(id -> open.getOrDefault(id, false)));
    }

    /// What the data shards are asked for. A new shard elects its leader first, and one whose
    /// leader dies or hands over the next: tried again until then, as long as a change may take.
    private <T> CompletableFuture<T> again(
            Supplier<CompletableFuture<T>> attempt, Predicate<T> enough) {
        return again(attempt, enough, settings.changeTimeoutMs() / AGAIN_MS);
    }

    private <T> CompletableFuture<T> again(
            Supplier<CompletableFuture<T>> attempt, Predicate<T> enough, long triesLeft) {
        return attempt.get()
                .thenCompose(answer ->
                        triesLeft <= 0 || !active() || enough.test(answer)
                                ? CompletableFuture.completedFuture(answer)
                                : CompletableFuture.supplyAsync(
                                                () -> triesLeft - 1,
                                                CompletableFuture.delayedExecutor(
                                                        AGAIN_MS, TimeUnit.MILLISECONDS))
                                        .thenCompose(left -> again(attempt, enough, left)));
    }

    /// Deletes topics. Answers when a journal in the bucket says so and the shards let the
    /// partitions go; at most after `timeoutMs` with REQUEST_TIMED_OUT: the deletion goes on.
    public CompletableFuture<List<TopicResult>> deleteTopics(
            List<TopicToDelete> topics, long timeoutMs) {
        return queue.submit(
                        image -> topicPlans.delete(image, topics),
                        error -> topics.stream().map(topic -> notDeleted(topic, error)).toList())
                .thenCompose(done -> {
                    if (!done.changed()) {
                        return CompletableFuture.completedFuture(done.result());
                    }
                    Map<Uuid, String> names = new HashMap<>();
                    done.result().stream()
                            .filter(TopicResult::ok)
                            .forEach(result -> names.put(result.id(), result.name()));
                    return bounded(finishDeletions(names, done.endOffset()), false, timeoutMs)
                            .thenApply(all ->
                                    done.result().stream()
                                            .map(result ->
                                                    !result.ok() || all
                                                            ? result
                                                            : result.withError(
                                                                    new ApiError(
                                                                            Errors
                                                                                    .REQUEST_TIMED_OUT,
                                                                            "the topic is deleted, its partitions are not closed yet: topic="
                                                                                    + result
                                                                                            .name())))
                                            .toList());
                });
    }

    private static TopicResult notDeleted(TopicToDelete topic, ApiError error) {
        return switch (topic) {
            case TopicToDelete.ByName byName -> TopicResult.failed(byName.name(), error);
            case TopicToDelete.ById byId ->
                    TopicResult.failed("", byId.id(), error.error(), error.messageWithFallback());
        };
    }

    /// Each topic's deletion is under way at most once.
    private CompletableFuture<Boolean> finishDeletions(Map<Uuid, String> names, long endOffset) {
        Map<Uuid, String> fresh = new HashMap<>(names);
        CompletableFuture<Boolean> mine = new CompletableFuture<>();
        List<CompletableFuture<Boolean>> all = new ArrayList<>(List.of(mine));
        for (Uuid id : names.keySet()) {
            CompletableFuture<Boolean> before = deleting.putIfAbsent(id, mine);
            if (before != null) {
                fresh.remove(id);
                all.add(before);
            }
        }
        var _ =
                reconciler
                        .trash(fresh, endOffset)
                        .thenCompose(trashed ->
                                again(() -> reconciler.close(fresh.keySet()), closed -> closed))
                        .whenComplete((closed, failure) -> {
                            fresh.keySet().forEach(id -> deleting.remove(id, mine));
                            if (failure != null) {
                                LOG.warn(
                                        "deletion of topics was not finished, it is taken up again: topics={}",
                                        fresh.values(),
                                        failure);
                            }
                            mine.complete(failure == null && closed);
                        });
        return CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0]))
                .thenApply(done -> all.stream().allMatch(CompletableFuture::join));
    }

    /// Changes configs of topics and brokers, each resource's whole or not at all. Shards hear of
    /// it at once.
    public CompletableFuture<List<ConfigResult>> alterConfigs(
            List<ConfigChange> changes, boolean validateOnly) {
        return queue.submit(
                        image -> configPlans.alter(image, changes, validateOnly),
                        error ->
                                changes.stream()
                                        .map(change -> new ConfigResult(change.resource(), error))
                                        .toList())
                .thenApply(done -> {
                    if (done.changed()) {
                        var _ = reconciler.realize(done.image(), changedTopics(done));
                    }
                    return done.result();
                });
    }

    private static List<Uuid> changedTopics(ChangeQueue.Done<List<ConfigResult>> done) {
        List<Uuid> ids = new ArrayList<>();
        for (ConfigResult result : done.result()) {
            TopicImage topic =
                    result.resource().type() == ConfigResource.Type.TOPIC
                            ? done.image().topics().getTopic(result.resource().name())
                            : null;
            if (topic != null && result.error().isSuccess()) {
                ids.add(topic.id());
            }
        }
        return ids;
    }

    /// `__consumer_offsets` as it is to be made: with as many replicas as asked for and brokers
    /// allow.
    ///
    /// @param configs as the group coordinator wants them
    public NewTopic offsetsTopic(Map<String, String> configs) {
        BrokerConfig.Topics topics = settings.config().topics();
        return new NewTopic(
                Topic.GROUP_METADATA_TOPIC_NAME,
                topics.offsetsPartitions(),
                (short) Math.min(topics.offsetsReplication(), settings.brokersExpected()),
                Map.of(),
                configs);
    }

    /// Grants producer ids that nobody was given before, in this generation or an older one.
    public CompletableFuture<ProducerIdBlock> producerIdBlock() {
        return queue.submit(this::nextBlock, ProducerIdBlock::failed)
                .thenApply(ChangeQueue.Done::result);
    }

    private Plan<ProducerIdBlock> nextBlock(MetadataImage image) {
        long lowest = (long) settings.generation() << GENERATION_SHIFT;
        long first = Math.max(lowest, image.producerIds().nextProducerId());
        long end = first + PRODUCER_ID_BLOCK;
        if (end > lowest + (1L << GENERATION_SHIFT)) {
            return new Plan<>(
                    List.of(),
                    ProducerIdBlock.failed(
                            new ApiError(
                                    Errors.UNKNOWN_SERVER_ERROR,
                                    "no producer ids left in this generation: next=" + first)));
        }
        ProducerIdsRecord record =
                new ProducerIdsRecord()
                        .setBrokerId(nodeId())
                        .setBrokerEpoch(0)
                        .setNextProducerId(end);
        return new Plan<>(
                List.of(Records.of(record)), new ProducerIdBlock(first, end, ApiError.NONE));
    }

    /// Makes the data shards carry what the metadata says: after a crash in the middle of a change,
    /// after a restore. To be called when a data shard becomes ready, and from time to time.
    ///
    /// A shard whose state nobody can tell now is passed over.
    ///
    /// @return whether everything is as it should be; false also while a data shard's state is not
    ///   known, or while another call is at it
    public CompletableFuture<Boolean> reconcile() {
        if (!active() || !reconciling.compareAndSet(false, true)) {
            return CompletableFuture.completedFuture(false);
        }
        return reconciler
                .openNow(ports.shards().shards())
                .thenCompose(open ->
                        queue.submit(
                                        image ->
                                                new Plan<>(
                                                        MembershipPlans.whereTheyAreOpen(
                                                                image,
                                                                PartitionReconciler.shardOf(open)),
                                                        true),
                                        error -> false)
                                .thenCompose(done ->
                                        done.result()
                                                ? realizeAll(done.image(), open)
                                                : CompletableFuture.completedFuture(false)))
                .whenComplete((all, failure) -> reconciling.set(false));
    }

    /// @param open what was open before the image
    private CompletableFuture<Boolean> realizeAll(
            MetadataImage image, Map<Integer, Map<PartitionId, String>> open) {
        List<Uuid> ids = List.copyOf(image.topics().topicsById().keySet());
        CompletableFuture<Boolean> opened =
                reconciler
                        .realize(image, ids)
                        .thenApply(all -> all.values().stream().allMatch(each -> each));
        Map<Uuid, String> orphans = PartitionReconciler.orphans(open, ports.metadata().image());
        var _ =
                finishDeletions(
                        orphans,
                        ports.metadata()
                                .appliedEnd()); // waits for the bucket: nobody waits for it here
        return bounded(opened, false, settings.changeTimeoutMs())
                .thenApply(all ->
                        all
                                && orphans.isEmpty()
                                && open.keySet().containsAll(ports.shards().shards()));
    }

    private static <T> CompletableFuture<T> bounded(
            CompletableFuture<T> future, T late, long timeoutMs) {
        return future.copy().completeOnTimeout(late, timeoutMs, TimeUnit.MILLISECONDS);
    }

    private int nodeId() {
        return settings.config().node().nodeId();
    }

    /// Stops; bounded (5 s).
    @Override
    public void close() {
        queue.close();
    }
}
