// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.ShardId;
import io.varve.manifest.VersionTooNewException;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.Cut;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.metadata.MetadataFold;
import io.varve.manifest.metadata.MetadataRecords;
import io.varve.manifest.metadata.ShardDirectories;
import io.varve.manifest.metadata.ShardTable;
import io.varve.objectstore.CountingObjectStore;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.Finding.Kind;
import io.varve.recovery.Finding.Severity;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.apache.kafka.common.metadata.ConfigRecord;
import org.apache.kafka.common.metadata.RegisterBrokerRecord;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.metadata.PartitionRegistration;

/// Makes the plan of a restore from the bucket alone. Reads, writes nothing; may be asked about a
/// cluster that is running, and then tells what a restore would bring at this moment. Stateless.
public final class RecoveryPlanner {
    /// Leader epochs of a generation begin at a multiple of this.
    static final int EPOCHS_PER_GENERATION = 65_536;

    /// Producer ids of a generation begin at the generation shifted by this.
    static final int PRODUCER_ID_BITS = 40;

    private RecoveryPlanner() {}

    /// @throws RecoveryException the bucket holds no cluster
    /// @throws VersionTooNewException a later varve wrote something that is needed
    public static RecoveryPlan plan(ObjectStore store)
            throws ObjectStoreException, RecoveryException {
        return plan(store, 0);
    }

    /// @param offsetGap so many offsets behind each restored end stay unused
    public static RecoveryPlan plan(ObjectStore store, long offsetGap)
            throws ObjectStoreException, RecoveryException {
        CountingObjectStore counting = new CountingObjectStore(store); // closed by its owner
        return naming(() -> new Planning(counting, BucketSurvey.read(counting), offsetGap).plan());
    }

    private interface Work<T> {
        T done() throws ObjectStoreException, RecoveryException;
    }

    /// Damage that leaves nothing to plan with, in words for the person who restores.
    private static <T> T naming(Work<T> work) throws ObjectStoreException, RecoveryException {
        try {
            return work.done();
        } catch (CorruptObjectException e) {
            throw RecoveryException.damaged(e);
        }
    }

    /// What the restore brought that `cut` decided.
    static RecoveryPlan planOf(ObjectStore store, Cut cut)
            throws ObjectStoreException, RecoveryException {
        CountingObjectStore counting = new CountingObjectStore(store);
        return naming(() ->
                new Planning(
                                counting,
                                BucketSurvey.read(counting, Lineage.before(counting, cut)),
                                0)
                        .plan());
    }

    /// One plan in the making.
    private static final class Planning {
        private final CountingObjectStore store;
        private final BucketSurvey survey;
        private final Lineage lineage;
        private final List<Finding> findings;
        private final long offsetGap;

        Planning(CountingObjectStore store, BucketSurvey survey, long offsetGap) {
            this.offsetGap = offsetGap;
            this.store = store;
            this.survey = survey;
            this.lineage = survey.lineage();
            this.findings = new ArrayList<>(survey.findings());
        }

        RecoveryPlan plan() throws ObjectStoreException, RecoveryException {
            ClusterHistory history = ClusterHistory.read(store, lineage, survey.shards(), findings);
            checkMetadata(history.shards());
            TopicAssembly assembly = history.assemble(store, lineage, findings);
            return plan(history.shards(), history.metadata(), assembly);
        }

        private void checkMetadata(List<ShardHistory> histories) throws ObjectStoreException {
            if (histories.isEmpty() && !store.list(BucketKeys.TOPICS_PREFIX, "", 1).isEmpty()) {
                String prefix = BucketKeys.shardsPrefix(lineage.source());
                findings.add(
                        Finding.of(
                                Kind.MISSING_CHECKPOINT,
                                Severity.LOST,
                                prefix,
                                "topics have objects and there is no shard at all: prefix="
                                        + prefix));
            }
            boolean any =
                    histories.stream()
                            .anyMatch(history ->
                                    history.shard().isMetadata() && !history.ledgers().isEmpty());
            // a shard that only END was put into never journaled anything
            boolean lived =
                    histories.stream()
                            .anyMatch(history ->
                                    history.closeIndex() > 0
                                            || history.checkpointIndex().isPresent());
            if (!any && lived) {
                String prefix =
                        BucketKeys.shardPrefix(
                                new ShardId(lineage.source(), ShardId.METADATA_SHARD, 0));
                findings.add(
                        Finding.of(
                                Kind.MISSING_CHECKPOINT,
                                Severity.LOST,
                                prefix,
                                "no metadata: topics are known from their partitions only: prefix="
                                        + prefix));
            }
        }

        private RecoveryPlan plan(
                List<ShardHistory> histories, MetadataFold metadata, TopicAssembly assembly)
                throws ObjectStoreException, RecoveryException {
            int firstEpoch = firstEpoch(histories, assembly);
            List<TopicPlan> topics =
                    assembly.topics().stream().map(topic -> withEpoch(topic, firstEpoch)).toList();
            Optional<PartitionPlan> metadataPlan =
                    assembly.metadata().map(plan -> plan.withBaseEpoch(firstEpoch));
            List<PartitionPlan> deleted =
                    assembly.deleted().stream()
                            .map(plan -> plan.withBaseEpoch(firstEpoch))
                            .toList();
            List<GroupPlan> groups = groups(topics);
            List<PartitionPlan> data = new ArrayList<>(deleted);
            topics.forEach(topic -> data.addAll(topic.partitions()));
            List<ShardPlan> shards =
                    shards(histories, metadata, assembly, topics, metadataPlan, data);
            return new RecoveryPlan(
                    lineage.identity().clusterId(),
                    lineage.source(),
                    lineage.target(),
                    lineage.isPrepared(),
                    firstEpoch,
                    (long) lineage.target() << PRODUCER_ID_BITS,
                    topics,
                    shards,
                    metadataPlan,
                    deleted,
                    groups,
                    findings,
                    histories.stream()
                            .map(ShardHistory::lastJournal)
                            .flatMap(Optional::stream)
                            .max(Comparator.naturalOrder()),
                    lastSignOfLife(),
                    cost(shards.size()));
        }

        private RecoveryPlan.Cost cost(int shards) {
            var counts = store.counts();
            return new RecoveryPlan.Cost(counts.requests(), counts.bytesIn(), 2L * shards + 2);
        }

        private Optional<Instant> lastSignOfLife() throws ObjectStoreException {
            return ClusterFiles.aliveOf(store, lineage.source()).stream()
                    .map(ObjectInfo::lastModified)
                    .max(Comparator.naturalOrder());
        }

        private int firstEpoch(List<ShardHistory> histories, TopicAssembly assembly)
                throws RecoveryException {
            long highest = 0;
            for (Cut.PartitionCut cut :
                    lineage.sourceCut().map(Cut::partitions).orElse(List.of())) {
                highest = Math.max(highest, cut.firstEpoch());
            }
            for (ShardHistory history : histories) {
                highest = Math.max(highest, history.epochMax());
            }
            for (PartitionPlan partition : assembly.all()) {
                highest = Math.max(highest, partition.epochMax());
            }
            long next = (highest / EPOCHS_PER_GENERATION + 1) * EPOCHS_PER_GENERATION;
            if (next > Integer.MAX_VALUE - EPOCHS_PER_GENERATION) {
                throw new RecoveryException(
                        "leader epochs are used up: highest=" + highest + ", next=" + next);
            }
            return (int) next;
        }

        private static TopicPlan withEpoch(TopicPlan topic, int firstEpoch) {
            return new TopicPlan(
                    topic.name(),
                    topic.id(),
                    topic.configs(),
                    topic.adopted(),
                    topic.partitions().stream()
                            .map(plan -> plan.withBaseEpoch(firstEpoch))
                            .toList());
        }

        private List<GroupPlan> groups(List<TopicPlan> topics) throws ObjectStoreException {
            GroupOffsets offsets = new GroupOffsets();
            for (TopicPlan topic : topics) {
                if (!topic.name().equals(GroupOffsets.TOPIC)) {
                    continue;
                }
                for (PartitionPlan partition : topic.partitions()) {
                    readGroups(offsets, partition);
                }
            }
            return offsets.plans((name, partition) ->
                    topics.stream()
                            .filter(topic -> topic.name().equals(name))
                            .flatMap(topic -> topic.partitions().stream())
                            .filter(plan -> plan.id().partition() == partition)
                            .map(PartitionPlan::endOffset)
                            .findFirst());
        }

        private void readGroups(GroupOffsets offsets, PartitionPlan partition)
                throws ObjectStoreException {
            try {
                offsets.read(store, partition);
            } catch (ObjectStoreException.NotFound | CorruptObjectException e) {
                findings.add(
                        Finding.of(
                                e instanceof CorruptObjectException
                                        ? Kind.CRC_MISMATCH
                                        : Kind.MISSING_OBJECT,
                                Severity.CORRUPT,
                                BucketKeys.partitionPrefix(partition.topicName(), partition.id()),
                                partition.topicName(),
                                partition.id(),
                                partition.logStart(),
                                partition.endOffset(),
                                "group offsets cannot be read: partition="
                                        + partition.id().partition()
                                        + ", "
                                        + e.getMessage()));
            }
        }

        private List<ShardPlan> shards(
                List<ShardHistory> histories,
                MetadataFold metadata,
                TopicAssembly assembly,
                List<TopicPlan> topics,
                Optional<PartitionPlan> metadataPlan,
                List<PartitionPlan> data) {
            TreeMap<Integer, ShardHistory> known = new TreeMap<>();
            histories.forEach(history -> known.put(history.shard().shard(), history));
            int highest =
                    Math.max(
                            highestNamed(metadata.image()),
                            known.isEmpty() ? 1 : Math.max(1, known.lastKey()));
            List<ShardPlan> plans = new ArrayList<>();
            for (int number = 0; number <= highest; number++) {
                int shard = number;
                List<PartitionPlan> own = new ArrayList<>();
                List<byte[]> records = List.of();
                if (number == ShardId.METADATA_SHARD) {
                    metadataPlan.ifPresent(own::add);
                    records = metadataRecords(metadata, assembly, topics);
                }
                data.stream()
                        .filter(plan -> assembly.shardOf(plan.id()) == shard)
                        .forEach(own::add);
                own.sort(Comparator.comparing(PartitionPlan::id));
                plans.add(shard(number, Optional.ofNullable(known.get(number)), own, records));
            }
            return plans;
        }

        private static List<byte[]> metadataRecords(
                MetadataFold metadata, TopicAssembly assembly, List<TopicPlan> topics) {
            List<byte[]> records = new ArrayList<>();
            metadata.records().stream()
                    .filter(record -> !ofOldCluster(record))
                    .forEach(records::add);
            records.addAll(
                    AdoptedTopics.records(
                            metadata.image().topics(),
                            topics.stream().filter(TopicPlan::adopted).toList(),
                            partition -> assembly.shardOf(partition.id())));
            return records;
        }

        /// Brokers, and shards with who carries them, are of a generation: the new one has its own.
        private static boolean ofOldCluster(byte[] record) {
            return switch (MetadataRecords.deserialize(ByteBuffer.wrap(record)).message()) {
                case RegisterBrokerRecord _ -> true;
                case ConfigRecord config -> ShardTable.isRow(config);
                default -> false;
            };
        }

        private static int highestNamed(MetadataImage image) {
            int highest = 1;
            for (TopicImage topic : image.topics().topicsById().values()) {
                for (PartitionRegistration partition : topic.partitions().values()) {
                    for (var directory : partition.directories) {
                        highest = Math.max(highest, ShardDirectories.shardOf(directory).orElse(1));
                    }
                }
            }
            return highest;
        }

        private ShardPlan shard(
                int number,
                Optional<ShardHistory> history,
                List<PartitionPlan> partitions,
                List<byte[]> records) {
            List<RestoredOpening> openings =
                    partitions.stream().map(plan -> RestoredOpening.of(plan, offsetGap)).toList();
            ShardId from =
                    history.map(ShardHistory::shard)
                            .orElseGet(() -> new ShardId(lineage.source(), number, 0));
            ShardCheckpoint first =
                    new ShardCheckpoint(
                            lineage.identity().clusterId(),
                            new ShardId(lineage.target(), number, 0),
                            0,
                            0,
                            history.map(ShardHistory::lastFrameTimeMs).orElse(0L),
                            openings.stream().map(RestoredOpening::opened).toList(),
                            history.map(ShardHistory::gone).orElse(List.of()),
                            history.map(ShardHistory::refs).orElse(List.of()),
                            history.map(ShardHistory::doomed).orElse(List.of()),
                            records);
            return new ShardPlan(
                    from,
                    history.map(ShardHistory::checkpointIndex).orElse(OptionalLong.empty()),
                    history.map(ShardHistory::endIndex).orElse(0L),
                    history.map(ShardHistory::closeIndex).orElse(0L),
                    history.map(ShardHistory::closed).orElse(false),
                    history.map(ShardHistory::closable).orElse(true),
                    history.flatMap(ShardHistory::lastJournal),
                    openings,
                    first);
        }
    }
}
