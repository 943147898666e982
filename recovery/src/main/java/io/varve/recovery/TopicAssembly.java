// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.metadata.ShardDirectories;
import io.varve.manifest.partition.Gap;
import io.varve.manifest.partition.ManifestStore;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.state.PartitionLedger;
import io.varve.manifest.state.PartitionState;
import io.varve.manifest.state.PartitionState.ManifestRef;
import io.varve.manifest.topic.TopicDocument;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.Finding.Kind;
import io.varve.recovery.Finding.Severity;
import io.varve.recovery.PartitionPlan.Origin;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.metadata.PartitionRegistration;

/// Brings together what the metadata names and what the shards know: named, adopted, deleted, fresh
/// and lost partitions. Owner: the planner's thread.
final class TopicAssembly {
    private final ObjectStore store;
    private final int sourceGeneration;
    private final Map<PartitionId, List<Gap>> leftOut;
    private final MetadataImage image;
    private final List<Finding> findings;
    private final TreeMap<PartitionId, PartitionPlan> plans = new TreeMap<>();
    private final Map<PartitionId, Integer> shards = new HashMap<>();
    private final Set<PartitionId> gone;
    private Optional<PartitionPlan> metadata = Optional.empty();

    /// @param gone partitions that a shard closed
    TopicAssembly(
            ObjectStore store,
            Lineage lineage,
            MetadataImage image,
            Set<PartitionId> gone,
            List<Finding> findings) {
        this.store = store;
        this.sourceGeneration = lineage.source();
        this.leftOut = lineage.leftOut();
        this.image = image;
        this.gone = Set.copyOf(gone);
        this.findings = findings;
    }

    private record Job(
            PartitionLedger ledger, Origin origin, List<JournalPart> sections, List<Gap> leftOut) {}

    /// Reads the manifests of all partitions that shards know, and of those that only the metadata
    /// knows what there is.
    void assemble(List<ShardHistory> histories) throws ObjectStoreException {
        PartitionReader reader = new PartitionReader(store, sourceGeneration);
        List<Job> jobs = new ArrayList<>();
        for (ShardHistory history : histories) {
            Map<PartitionId, List<JournalPart>> sections = sections(history);
            for (PartitionLedger ledger : history.ledgers().values()) {
                shards.put(ledger.id(), history.shard().shard());
                jobs.add(
                        new Job(
                                ledger,
                                origin(ledger.id()),
                                sections.getOrDefault(ledger.id(), List.of()),
                                leftOut.getOrDefault(ledger.id(), List.of())));
            }
        }
        for (PartitionReader.Outcome outcome :
                ParallelReads.map(
                        jobs,
                        job ->
                                reader.read(
                                        job.ledger(),
                                        job.origin(),
                                        job.sections(),
                                        job.leftOut()))) {
            findings.addAll(outcome.findings());
            plans.put(outcome.plan().id(), outcome.plan());
        }
        metadata = Optional.ofNullable(plans.remove(new PartitionId(Uuid.METADATA_TOPIC_ID, 0)));
        markDeleted();
        addUnknown();
    }

    private static Map<PartitionId, List<JournalPart>> sections(ShardHistory history) {
        Map<PartitionId, List<JournalPart>> sections = new HashMap<>();
        for (Journal journal : history.journals()) {
            journal.index()
                    .sections()
                    .forEach(section ->
                            sections.computeIfAbsent(section.partition(), id -> new ArrayList<>())
                                    .add(new JournalPart(journal.ref().key(), section)));
        }
        return sections;
    }

    private Origin origin(PartitionId id) {
        if (id.topicId().equals(Uuid.METADATA_TOPIC_ID)) {
            return Origin.METADATA;
        }
        TopicImage topic = image.topics().getTopic(id.topicId());
        return topic != null && topic.partitions().containsKey(id.partition())
                ? Origin.NAMED
                : Origin.ADOPTED;
    }

    private void markDeleted() throws ObjectStoreException {
        if (plans.values().stream().noneMatch(plan -> plan.origin() == Origin.ADOPTED)) {
            return;
        }
        Set<Uuid> deleted;
        try {
            deleted = DeletedTopics.read(store, metadata);
        } catch (ObjectStoreException.NotFound | CorruptObjectException e) {
            findings.add(
                    Finding.of(
                            Kind.CRC_MISMATCH,
                            Severity.CORRUPT,
                            BucketKeys.shardsPrefix(sourceGeneration),
                            "history of the metadata cannot be read, deleted topics may come back: "
                                    + e.getMessage()));
            return;
        }
        plans.replaceAll((id, plan) ->
                plan.origin() == Origin.ADOPTED && deleted.contains(id.topicId())
                        ? new PartitionPlan(
                                plan.state(),
                                Origin.DELETED,
                                plan.manifest(),
                                plan.journalParts(),
                                plan.leftOut())
                        : plan);
    }

    private void addUnknown() throws ObjectStoreException {
        for (TopicImage topic : image.topics().topicsById().values()) {
            for (Map.Entry<Integer, PartitionRegistration> entry : topic.partitions().entrySet()) {
                PartitionId id = new PartitionId(topic.id(), entry.getKey());
                if (!plans.containsKey(id)) {
                    shards.put(id, shardOf(entry.getValue()));
                    unknown(topic, id).ifPresent(plan -> plans.put(id, plan));
                }
            }
        }
    }

    private static int shardOf(PartitionRegistration registration) {
        return registration.directories.length == 0
                ? 1
                : ShardDirectories.shardOf(registration.directories[0]).orElse(1);
    }

    private Optional<PartitionPlan> unknown(TopicImage topic, PartitionId id)
            throws ObjectStoreException {
        String prefix = BucketKeys.partitionPrefix(topic.name(), id);
        if (!gone.contains(id) && store.list(prefix, "", 1).isEmpty()) {
            return Optional.of(
                    new PartitionPlan(
                            state(topic, id, 0, 0, ManifestRef.NONE),
                            Origin.FRESH,
                            Optional.empty(),
                            List.of(),
                            List.of()));
        }
        findings.add(
                Finding.of(
                        Kind.MISSING_CHECKPOINT,
                        Severity.LOST,
                        prefix,
                        topic.name(),
                        id,
                        0,
                        0,
                        "partition has objects in the bucket and no shard knows it: topic="
                                + topic.name()
                                + ", partition="
                                + id.partition()
                                + ", shard="
                                + shards.get(id)));
        try {
            return ManifestStore.newest(store, topic.name(), id, sourceGeneration)
                    .map(manifest -> rebuilt(topic, id, manifest));
        } catch (CorruptObjectException e) {
            findings.add(
                    Finding.of(
                            Kind.UNREADABLE_MANIFEST,
                            Severity.CORRUPT,
                            prefix,
                            "manifest cannot be read: " + e.getMessage()));
            return Optional.empty();
        }
    }

    private PartitionPlan rebuilt(TopicImage topic, PartitionId id, PartitionManifest manifest) {
        PartitionState bare =
                state(topic, id, manifest.logStart(), manifest.archivedEnd(), manifest.ref());
        PartitionState state =
                new PartitionState(
                        bare.id(),
                        bare.topicName(),
                        bare.topicRecord(),
                        bare.baseEpoch(),
                        bare.logStart(),
                        bare.archivedEnd(),
                        bare.highWatermark(),
                        bare.manifest(),
                        manifest.epochStarts(),
                        List.of(),
                        List.of());
        return new PartitionPlan(
                state, Origin.REBUILT, Optional.of(manifest), List.of(), List.of());
    }

    private PartitionState state(
            TopicImage topic, PartitionId id, long logStart, long end, ManifestRef manifest) {
        TopicDocument document =
                new TopicDocument(
                        topic.name(), topic.id(), topic.partitions().size(), configs(topic.name()));
        return new PartitionState(
                id,
                topic.name(),
                document.toLine(),
                0,
                logStart,
                end,
                end,
                manifest,
                List.of(),
                List.of(),
                List.of());
    }

    private Map<String, String> configs(String topicName) {
        return image.configs()
                .configMapForResource(new ConfigResource(ConfigResource.Type.TOPIC, topicName));
    }

    Optional<PartitionPlan> metadata() {
        return metadata;
    }

    /// The number of the shard that a partition is on.
    int shardOf(PartitionId id) {
        return shards.getOrDefault(id, 1);
    }

    /// All that have a state, besides the metadata partition.
    List<PartitionPlan> all() {
        return List.copyOf(plans.values());
    }

    List<PartitionPlan> deleted() {
        return plans.values().stream().filter(plan -> plan.origin() == Origin.DELETED).toList();
    }

    /// Topics by name.
    List<TopicPlan> topics() {
        TreeMap<String, TopicPlan> topics = new TreeMap<>();
        Map<Uuid, List<PartitionPlan>> byTopic = new TreeMap<>();
        plans.values().stream()
                .filter(plan -> plan.origin() != Origin.DELETED)
                .forEach(plan ->
                        byTopic.computeIfAbsent(plan.id().topicId(), id -> new ArrayList<>())
                                .add(plan));
        byTopic.forEach((id, partitions) -> {
            TopicPlan topic = topic(id, partitions);
            if (topics.putIfAbsent(topic.name(), topic) != null) {
                String name = topic.name() + "." + id;
                topics.put(
                        name,
                        new TopicPlan(name, id, topic.configs(), topic.adopted(), partitions));
            }
        });
        return List.copyOf(topics.values());
    }

    private TopicPlan topic(Uuid id, List<PartitionPlan> partitions) {
        TopicImage named = image.topics().getTopic(id);
        if (named != null) {
            boolean grown = partitions.stream().anyMatch(plan -> plan.origin() == Origin.ADOPTED);
            return new TopicPlan(named.name(), id, configs(named.name()), grown, partitions);
        }
        TopicDocument document = AdoptedTopics.document(partitions.getLast());
        return new TopicPlan(
                AdoptedTopics.freeName(image.topics(), partitions.getFirst().topicName(), id),
                id,
                document.configs(),
                true,
                partitions);
    }
}
