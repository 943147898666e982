// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.archiver.JobStatus;
import io.varve.archiver.ShardArchiver;
import io.varve.archiver.ShardArchiver.PartitionArchive;
import io.varve.broker.http.AdminView;
import io.varve.broker.metadata.ClusterMetadata;
import io.varve.broker.metadata.TopicResult;
import io.varve.broker.metadata.TopicToRestore;
import io.varve.broker.peers.ControllerLink;
import io.varve.broker.server.ShardArchiving.Running;
import io.varve.broker.shard.Leadership;
import io.varve.broker.shard.PartitionView;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.metadata.RestoredRow;
import io.varve.manifest.partition.ManifestStore;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.image.TopicImage;
import org.jspecify.annotations.Nullable;

/// What the admin API shows of this broker. Thread-safe; [#flush] and [#storage] block on the
/// bucket.
final class BrokerAdmin implements AdminView {
    private static final Duration MOVE_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration FLUSH_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration RESTORE_TIMEOUT = Duration.ofSeconds(60);

    private final Supplier<ClusterInfo> cluster;
    private final ClusterStates states;
    private final LeaderDuties duties;
    private final ClusterMetadata metadata;
    private final List<ShardRuntime> shards;
    private final ObjectStore store;
    private final ControllerLink controller;

    BrokerAdmin(
            Supplier<ClusterInfo> cluster,
            ClusterStates states,
            LeaderDuties duties,
            ClusterMetadata metadata,
            List<ShardRuntime> shards,
            ObjectStore store,
            ControllerLink controller) {
        this.cluster = cluster;
        this.states = states;
        this.duties = duties;
        this.metadata = metadata;
        this.shards = shards;
        this.store = store;
        this.controller = controller;
    }

    @Override
    public void restore(String topic, byte[] json, boolean checkOnly)
            throws RestoreRefusedException, InterruptedException {
        TopicToRestore wanted = TopicToRestore.fromJson(json);
        if (!wanted.name().equals(topic)) {
            throw new IllegalArgumentException(
                    "topic is another one than the path says: topic=" + wanted.name());
        }
        if (!checkOnly) {
            checkManifests(wanted);
        }
        TopicResult result;
        try {
            result =
                    controller
                            .restoreTopic(wanted, checkOnly)
                            .get(RESTORE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new RestoreRefusedException(
                    "the controller did not answer, ask again: topic=" + topic + ", error=" + e);
        }
        if (result.error().isFailure()) {
            throw new RestoreRefusedException(
                    result.error().messageWithFallback()
                            + ": topic="
                            + topic
                            + ", error="
                            + result.error().error());
        }
    }

    /// What is opened must be there: once it is open nothing asks again.
    private void checkManifests(TopicToRestore topic) throws RestoreRefusedException {
        for (int number = 0; number < topic.partitions().size(); number++) {
            RestoredRow row = topic.partitions().get(number);
            if (!row.manifest().exists()) {
                continue;
            }
            PartitionId id = new PartitionId(topic.id(), number);
            try {
                PartitionManifest manifest =
                        ManifestStore.read(store, topic.name(), id, row.manifest());
                if (manifest.logStart() != row.logStart()
                        || manifest.archivedEnd() != row.endOffset()) {
                    throw new RestoreRefusedException(
                            "manifest says something else: partition="
                                    + id
                                    + ", logStart="
                                    + manifest.logStart()
                                    + ", archivedEnd="
                                    + manifest.archivedEnd());
                }
            } catch (ObjectStoreException | CorruptObjectException e) {
                throw new RestoreRefusedException(
                        "manifest cannot be read in this cluster's bucket: partition="
                                + id
                                + ", "
                                + e.getMessage());
            }
        }
    }

    @Override
    public ClusterState state() {
        return states.now();
    }

    @Override
    public void moveLeader(int shard, int toNode)
            throws UnavailableException, InterruptedException {
        try {
            duties.move(shard, toNode).get(MOVE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IllegalArgumentException refused) {
                throw refused;
            }
            throw new UnavailableException(
                    "leadership was not handed over: shard=" + shard + ", why=" + e.getCause());
        } catch (TimeoutException e) {
            throw new UnavailableException(
                    "leadership was not handed over in time: shard=" + shard);
        }
    }

    /// Each broker speaks for the shards that it leads; a command asks all brokers.
    private List<ShardRuntime> led() {
        return shards.stream()
                .filter(runtime -> runtime.shard().leadership() instanceof Leadership.Ready)
                .toList();
    }

    @Override
    public ClusterInfo cluster() {
        return cluster.get();
    }

    @Override
    public Optional<TopicStorage> storage(String topic) {
        Optional<TopicImage> image = metadata.topic(topic);
        if (image.isEmpty()) {
            return Optional.empty();
        }
        List<PartitionStorage> partitions = new ArrayList<>();
        for (ShardRuntime shard : led()) {
            Optional<ShardArchiver.ArchiveStatus> status =
                    shard.archiving().running().map(running -> running.archiver().status());
            Map<PartitionId, PartitionArchive> archives =
                    status.map(ShardArchiver.ArchiveStatus::partitions).orElse(List.of()).stream()
                            .collect(Collectors.toMap(PartitionArchive::id, archive -> archive));
            for (PartitionView view : shard.shard().partitions()) {
                if (view.id().topicId().equals(image.get().id())) {
                    partitions.add(
                            storage(
                                    view,
                                    Optional.ofNullable(archives.get(view.id())),
                                    status.map(ShardArchiver.ArchiveStatus::lagMs).orElse(0L)));
                }
            }
        }
        partitions.sort(Comparator.comparingInt(PartitionStorage::partition));
        return Optional.of(new TopicStorage(topic, partitions));
    }

    private PartitionStorage storage(
            PartitionView view, Optional<PartitionArchive> archive, long shardLagMs) {
        long highWatermark = view.highWatermark();
        long journaledEnd = archive.map(PartitionArchive::journaledEnd).orElse(view.archivedEnd());
        long lagRecords = Math.max(0, highWatermark - journaledEnd);
        return new PartitionStorage(
                view.id().partition(),
                view.shard().shard(),
                view.logStart(),
                view.hotStart(),
                view.archivedEnd(),
                journaledEnd,
                highWatermark,
                view.localBytes(),
                coldBytes(view),
                lagRecords == 0 ? 0 : shardLagMs,
                lagRecords);
    }

    private long coldBytes(PartitionView view) {
        if (!view.manifest().exists()) {
            return 0;
        }
        try {
            PartitionManifest manifest =
                    ManifestStore.read(store, view.topicName(), view.id(), view.manifest());
            return manifest.bytes();
        } catch (ObjectStoreException | CorruptObjectException e) {
            throw new IllegalStateException(
                    "manifest cannot be read: partition=" + view.id() + ", " + e.getMessage(), e);
        }
    }

    @Override
    public ArchiveStatus archive() {
        return new ArchiveStatus(shards.stream().map(BrokerAdmin::status).toList());
    }

    private static ShardStatus status(ShardRuntime shard) {
        Optional<ShardArchiver.ArchiveStatus> status =
                shard.archiving().running().map(running -> running.archiver().status());
        return new ShardStatus(
                shard.shard().id().shard(),
                status.isPresent(),
                status.map(ShardArchiver.ArchiveStatus::journaledEndIndex).orElse(0L),
                shard.shard().appliedEndIndex(),
                shard.shard().floorEnd(),
                status.map(ShardArchiver.ArchiveStatus::lagMs).orElse(0L),
                status.map(ShardArchiver.ArchiveStatus::lagBytes).orElse(0L),
                status.map(ShardArchiver.ArchiveStatus::jobs).orElse(List.of()).stream()
                        .map(BrokerAdmin::job)
                        .toList());
    }

    private static Job job(JobStatus job) {
        String success =
                job.lastSuccessMs() == 0
                        ? null
                        : Instant.ofEpochMilli(job.lastSuccessMs()).toString();
        return new Job(
                job.name(), success, job.stopped() == null ? job.lastError() : job.stopped());
    }

    @Override
    public Flushed flush(@Nullable String topic, boolean segments)
            throws UnavailableException, InterruptedException {
        if (topic != null && metadata.topic(topic).isEmpty()) {
            throw new IllegalArgumentException("no such topic: topic=" + topic);
        }
        long deadlineNs = System.nanoTime() + FLUSH_TIMEOUT.toNanos();
        List<ShardRuntime> led = led();
        Map<PartitionId, Long> ends = new HashMap<>();
        for (ShardRuntime shard : led) {
            ends.putAll(journaledEnds(shard, deadlineNs));
        }
        List<FlushedPartition> flushed = new ArrayList<>();
        for (ShardRuntime shard : led) {
            List<PartitionView> wanted = wanted(shard, topic);
            if (segments) {
                archive(shard, wanted, deadlineNs);
            }
            for (PartitionView view : wanted) {
                long end = ends.getOrDefault(view.id(), view.archivedEnd());
                flushed.add(new FlushedPartition(view.topicName(), view.id().partition(), end));
            }
        }
        flushed.sort(
                Comparator.comparing(FlushedPartition::topic)
                        .thenComparingInt(FlushedPartition::partition));
        return new Flushed(flushed);
    }

    private List<PartitionView> wanted(ShardRuntime shard, @Nullable String topic) {
        return shard.shard().partitions().stream()
                .filter(view ->
                        !view.shard().isMetadata()
                                && (topic == null || view.topicName().equals(topic)))
                .toList();
    }

    private static Map<PartitionId, Long> journaledEnds(ShardRuntime shard, long deadlineNs)
            throws UnavailableException, InterruptedException {
        Running running = running(shard);
        CompletableFuture<io.varve.archiver.Flushed> flushed =
                running.archiver().flush(running.source().appliedEndIndex());
        try {
            return flushed.get(deadlineNs - System.nanoTime(), TimeUnit.NANOSECONDS)
                    .journaledEnds();
        } catch (ExecutionException e) {
            throw new UnavailableException(
                    "flush was broken off: shard="
                            + shard.shard().id()
                            + ", error="
                            + e.getCause());
        } catch (TimeoutException e) {
            throw new UnavailableException(
                    "bucket did not take everything in "
                            + FLUSH_TIMEOUT.toSeconds()
                            + " s: shard="
                            + shard.shard().id());
        }
    }

    private static Running running(ShardRuntime shard) throws UnavailableException {
        return shard.archiving()
                .running()
                .orElseThrow(() ->
                        new UnavailableException(
                                "this broker does not lead the shard now: shard="
                                        + shard.shard().id()));
    }

    private static void archive(ShardRuntime shard, List<PartitionView> views, long deadlineNs)
            throws UnavailableException, InterruptedException {
        Map<PartitionView, Long> targets = new HashMap<>();
        views.forEach(view -> targets.put(view, view.lastStableOffset()));
        running(shard).archiver().archiveNow(views.stream().map(PartitionView::id).toList());
        boolean done =
                AppliedWait.until(
                        shard.shard(),
                        () ->
                                targets.entrySet().stream()
                                        .allMatch(target ->
                                                target.getKey().archivedEnd() >= target.getValue()
                                                        || target.getKey().closed()),
                        Duration.ofNanos(deadlineNs - System.nanoTime()));
        if (!done) {
            throw new UnavailableException(
                    "segments were not written in time: shard=" + shard.shard().id());
        }
    }
}
