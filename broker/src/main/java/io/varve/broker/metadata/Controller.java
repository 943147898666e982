// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import io.varve.broker.config.BrokerConfig;
import io.varve.broker.config.BrokerConfigs;
import io.varve.broker.config.TopicConfigs;
import io.varve.broker.shard.Leadership;
import io.varve.broker.shard.ShardListener;
import io.varve.manifest.PartitionId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.metadata.ProducerIdsRecord;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.TopicImage;
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

    private final ControllerSettings settings;
    private final ControllerPorts ports;
    private final ChangeQueue queue;
    private final PartitionReconciler reconciler;
    private final TopicPlans topicPlans;
    private final ConfigPlans configPlans;
    private final AtomicBoolean reconciling = new AtomicBoolean();
    private final Map<Uuid, CompletableFuture<Boolean>> deleting = new ConcurrentHashMap<>();
    private volatile Optional<BrokerIdentity> identity = Optional.empty();

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
        topicPlans =
                new TopicPlans(
                        settings.config(), topicConfigs, ports.topicIds(), ports.shards()::shards);
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

    private void lead(long term) {
        queue.become(term);
        identity.ifPresent(broker -> {
            var _ = registerBroker(broker);
        });
    }

    /// Whether this broker is the controller.
    public boolean active() {
        return queue.term().isPresent();
    }

    /// Registers this broker, now and again whenever it becomes controller; on the way the cluster
    /// gets its feature levels, and partitions that name brokers which can no longer exist are
    /// given to this one. Then the partitions are reconciled.
    public CompletableFuture<ApiError> registerBroker(BrokerIdentity broker) {
        identity = Optional.of(broker);
        return queue.<ApiError>submit(image -> registration(image, broker), Function.identity())
                .thenCompose(done ->
                        done.result().isFailure()
                                ? CompletableFuture.completedFuture(done.result())
                                : reconcile().thenApply(all -> done.result()));
    }

    private Plan<ApiError> registration(MetadataImage image, BrokerIdentity broker) {
        List<ApiMessageAndVersion> records = new ArrayList<>(MembershipPlans.features(image));
        records.addAll(MembershipPlans.registration(image, broker, ports.metadata().appliedEnd()));
        records.addAll(MembershipPlans.withoutStrangers(image, settings.members(), nodeId()));
        return new Plan<>(records, ApiError.NONE);
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

    private CompletableFuture<List<TopicResult>> opened(ChangeQueue.Done<List<TopicResult>> done) {
        if (!done.changed()) {
            return CompletableFuture.completedFuture(done.result());
        }
        List<Uuid> ids =
                done.result().stream().filter(TopicResult::ok).map(TopicResult::id).toList();
        return bounded(reconciler.realize(done.image(), ids), Map.of(), settings.changeTimeoutMs())
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
                        .delete(fresh, endOffset)
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

    /// Makes `__consumer_offsets` exist, with as many replicas as asked for and brokers allow.
    ///
    /// @param configs as the group coordinator wants them
    public CompletableFuture<ApiError> ensureOffsetsTopic(Map<String, String> configs) {
        BrokerConfig.Topics topics = settings.config().topics();
        return ensureInternal(
                new NewTopic(
                        Topic.GROUP_METADATA_TOPIC_NAME,
                        topics.offsetsPartitions(),
                        (short) Math.min(topics.offsetsReplication(), settings.members().size()),
                        Map.of(),
                        configs));
    }

    private CompletableFuture<ApiError> ensureInternal(NewTopic topic) {
        if (ports.metadata().topic(topic.name()).isPresent()) {
            return CompletableFuture.completedFuture(ApiError.NONE);
        }
        return createTopics(List.of(topic), false)
                .thenApply(results ->
                        results.getFirst().error().is(Errors.TOPIC_ALREADY_EXISTS)
                                ? ApiError.NONE
                                : results.getFirst().error());
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
    /// @return whether everything is as it should be; false also while a data shard's state is not
    ///   known, or while another call is at it
    public CompletableFuture<Boolean> reconcile() {
        if (!active() || !ports.shards().allKnown() || !reconciling.compareAndSet(false, true)) {
            return CompletableFuture.completedFuture(false);
        }
        Map<PartitionId, Integer> openIn = reconciler.openIn();
        return queue.submit(
                        image -> new Plan<>(MembershipPlans.whereTheyAreOpen(image, openIn), true),
                        error -> false)
                .thenCompose(done ->
                        done.result()
                                ? realizeAll(done.image())
                                : CompletableFuture.completedFuture(false))
                .whenComplete((all, failure) -> reconciling.set(false));
    }

    private CompletableFuture<Boolean> realizeAll(MetadataImage image) {
        List<Uuid> ids = List.copyOf(image.topics().topicsById().keySet());
        CompletableFuture<Boolean> opened =
                reconciler
                        .realize(image, ids)
                        .thenApply(open -> open.values().stream().allMatch(each -> each));
        Map<Uuid, String> orphans = reconciler.orphans(ports.metadata()::image);
        var _ =
                finishDeletions(
                        orphans,
                        ports.metadata()
                                .appliedEnd()); // waits for the bucket: nobody waits for it here
        return bounded(opened, false, settings.changeTimeoutMs())
                .thenApply(all -> all && orphans.isEmpty());
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
