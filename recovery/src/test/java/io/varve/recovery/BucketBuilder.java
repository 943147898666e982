// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.batch.Batches;
import io.varve.manifest.checkpoint.CheckpointStore;
import io.varve.manifest.checkpoint.JournalRef;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.generation.BrokerAlive;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.ClusterIdentity;
import io.varve.manifest.generation.Cut;
import io.varve.manifest.generation.GenerationClaim;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.metadata.MetadataFold;
import io.varve.manifest.metadata.MetadataRecords;
import io.varve.manifest.metadata.ShardDirectories;
import io.varve.manifest.pack.ControlFact;
import io.varve.manifest.pack.PackFacts;
import io.varve.manifest.pack.PackKind;
import io.varve.manifest.pack.PackSection;
import io.varve.manifest.pack.PackWriter;
import io.varve.manifest.pack.SectionBuilder;
import io.varve.manifest.partition.ManifestChange;
import io.varve.manifest.partition.ManifestDelta;
import io.varve.manifest.partition.ManifestRank;
import io.varve.manifest.partition.ManifestStore;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentEntry;
import io.varve.manifest.state.PartitionLedger;
import io.varve.manifest.state.PartitionState;
import io.varve.manifest.topic.TopicDocument;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.PutMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.metadata.ConfigRecord;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.RemoveTopicRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordHelpers;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.OffsetAndMetadata;
import org.apache.kafka.server.common.ApiMessageAndVersion;

/// A cluster's life as its bucket sees it: writes what brokers would write, by the same writers,
/// and remembers what is true. What was appended and not yet journaled is what a disaster takes.
///
/// Owner: the test's thread.
final class BucketBuilder {
    static final String CLUSTER = "recoveryTestCluster00w";
    static final PartitionId METADATA = new PartitionId(Uuid.METADATA_TOPIC_ID, 0);
    private static final String METADATA_TOPIC = "__cluster_metadata";

    final ObjectStore store;
    final ManualClock clock;
    final RandomGenerator random;
    final Map<PartitionId, List<byte[]>> batches = new HashMap<>();
    final Map<PartitionId, Long> journaledEnds = new HashMap<>();
    final Map<PartitionId, Long> journaledStarts = new HashMap<>();
    final TreeMap<String, TopicDocument> topics = new TreeMap<>();
    final TreeMap<Integer, Shard> shards = new TreeMap<>();
    private final GroupCoordinatorRecordSerde groupSerde = new GroupCoordinatorRecordSerde();
    int generation = 1;

    /// One shard's leader.
    static final class Shard {
        final ShardId id;
        final TreeMap<PartitionId, PartitionLedger> ledgers = new TreeMap<>();
        final Map<PartitionId, SectionBuilder> sections = new HashMap<>();
        final List<JournalRef> journals = new ArrayList<>();
        final List<ShardCheckpoint.ClosedPartition> closed = new ArrayList<>();
        final List<ByteBuffer> metadataBatches = new ArrayList<>();
        MetadataFold metadata = MetadataFold.empty();
        PackWriter writer = PackWriter.inMemory();
        long journaledIndex;
        long index;
        long term = 1;

        Shard(ShardId id) {
            this.id = id;
        }

        private SectionBuilder section(PartitionId partition) {
            return sections.computeIfAbsent(partition, id -> writer.section(ledger(id)));
        }

        PartitionLedger ledger(PartitionId partition) {
            PartitionLedger ledger = ledgers.get(partition);
            if (ledger == null) {
                throw new IllegalStateException("not open: " + partition);
            }
            return ledger;
        }
    }

    BucketBuilder(ObjectStore store, ManualClock clock, RandomGenerator random) {
        this.store = store;
        this.clock = clock;
        this.random = random;
    }

    /// Founds generation 1.
    BucketBuilder found(int dataShards) throws IOException {
        ClusterFiles.createIdentity(
                store,
                new ClusterIdentity(ClusterIdentity.FORMAT_VERSION, CLUSTER, clock.millis()));
        ClusterFiles.claim(store, new GenerationClaim(1, 0, "1-test", "founded", clock.millis()));
        opened();
        for (int shard = 0; shard <= dataShards; shard++) {
            shards.put(shard, new Shard(new ShardId(1, shard, 0)));
        }
        open(shard(0), METADATA, METADATA_TOPIC, "");
        return this;
    }

    private void opened() throws IOException {
        ClusterFiles.found(store, generation, alive());
        sayAlive();
    }

    private BrokerAlive alive() {
        return new BrokerAlive("1-test", 1, "PLAINTEXT://127.0.0.1:1", clock.millis());
    }

    void sayAlive() throws IOException {
        ClusterFiles.sayAlive(store, generation, alive());
    }

    /// Opens what a restore has prepared, as a broker does.
    void openRestored(Cut cut) throws IOException {
        generation = cut.generation();
        shards.clear();
        journaledEnds.clear();
        journaledStarts.clear();
        topics.clear();
        opened();
        for (Cut.ShardCut row : cut.shards()) {
            ShardCheckpoint first = CheckpointStore.read(store, row.to(), 0);
            Shard shard = new Shard(row.to());
            for (PartitionState state : first.partitions()) {
                shard.ledgers.put(state.id(), PartitionLedger.from(state));
                journaledEnds.put(state.id(), state.highWatermark());
                journaledStarts.put(state.id(), state.logStart());
                batches.getOrDefault(state.id(), new ArrayList<>())
                        .removeIf(batch -> header(batch).baseOffset() >= state.highWatermark());
                if (!state.topicRecord().isEmpty()) {
                    TopicDocument topic = TopicDocument.fromLine(state.topicRecord());
                    topics.put(topic.topicName(), topic);
                }
            }
            shard.journals.addAll(first.journals());
            shard.closed.addAll(first.closed());
            shard.metadata = MetadataFold.from(first.metadata());
            shards.put(row.to().shard(), shard);
        }
    }

    Shard shard(int number) {
        return Optional.ofNullable(shards.get(number)).orElseThrow();
    }

    /// Where a partition lives: by turns.
    Shard shardOf(PartitionId id) {
        return shards.values().stream()
                .filter(shard -> shard.ledgers.containsKey(id))
                .findFirst()
                .orElseThrow();
    }

    private int place(int partition) {
        return 1 + partition % (shards.size() - 1);
    }

    /// Metadata records and partitions, as the controller does it.
    Uuid createTopic(String name, int partitions, Map<String, String> configs) throws IOException {
        Uuid id = new Uuid(random.nextLong() | 1, random.nextLong());
        TopicDocument document = new TopicDocument(name, id, partitions, configs);
        List<ApiMessage> records = new ArrayList<>();
        records.add(new TopicRecord().setName(name).setTopicId(id));
        configs.forEach((key, value) ->
                records.add(
                        new ConfigRecord()
                                .setResourceType(ConfigResource.Type.TOPIC.id())
                                .setResourceName(name)
                                .setName(key)
                                .setValue(value)));
        for (int partition = 0; partition < partitions; partition++) {
            records.add(
                    new PartitionRecord()
                            .setTopicId(id)
                            .setPartitionId(partition)
                            .setReplicas(List.of(1))
                            .setIsr(List.of(1))
                            .setLeader(1)
                            .setDirectories(List.of(ShardDirectories.of(place(partition)))));
        }
        metadata(records);
        openPartitions(document);
        return id;
    }

    /// Partitions in their shards, without a word in the metadata.
    void openPartitions(TopicDocument document) throws IOException {
        topics.put(document.topicName(), document);
        for (int partition = 0; partition < document.partitions(); partition++) {
            open(
                    shard(place(partition)),
                    new PartitionId(document.topicId(), partition),
                    document.topicName(),
                    document.toLine());
        }
    }

    private void open(Shard shard, PartitionId id, String topicName, String topicRecord) {
        int baseEpoch =
                shard(0).ledgers.containsKey(METADATA) ? shard(0).ledger(METADATA).baseEpoch() : 0;
        shard.ledgers.put(id, PartitionLedger.open(id, topicName, topicRecord, baseEpoch, 0));
        shard.section(id).fact(new ControlFact.Opened(0, baseEpoch, topicRecord));
        shard.index++;
    }

    void removeTopicInMetadata(String name) throws IOException {
        metadata(List.of(new RemoveTopicRecord().setTopicId(topic(name).topicId())));
    }

    void closePartitions(String name) {
        TopicDocument document = topic(name);
        for (int partition = 0; partition < document.partitions(); partition++) {
            PartitionId id = new PartitionId(document.topicId(), partition);
            Shard shard = shardOf(id);
            shard.section(id)
                    .fact(new ControlFact.Closed(shard.ledger(id).highWatermark(), "deleted"));
            shard.ledgers.remove(id);
            shard.closed.add(new ShardCheckpoint.ClosedPartition(id, name, clock.millis()));
            shard.index++;
        }
        topics.remove(name);
    }

    TopicDocument topic(String name) {
        return Optional.ofNullable(topics.get(name)).orElseThrow();
    }

    PartitionId id(String topic, int partition) {
        return new PartitionId(topic(topic).topicId(), partition);
    }

    void metadata(List<? extends ApiMessage> records) throws IOException {
        ByteBuffer batch =
                MetadataRecords.batch(
                        records.stream()
                                .map(record ->
                                        new ApiMessageAndVersion(
                                                record, record.highestSupportedVersion()))
                                .toList(),
                        clock.millis());
        append(shard(0), METADATA, batch);
        shard(0).metadataBatches.add(batch);
    }

    /// A batch of random records.
    void append(String topic, int partition, int records) throws IOException {
        PartitionId id = id(topic, partition);
        append(
                shardOf(id),
                id,
                MemoryRecords.withRecords(Compression.NONE, records(records)).buffer());
    }

    /// A batch of an idempotent producer.
    void append(String topic, int partition, int records, long producerId, int sequence)
            throws IOException {
        PartitionId id = id(topic, partition);
        append(
                shardOf(id),
                id,
                MemoryRecords.withIdempotentRecords(
                                Compression.NONE, producerId, (short) 0, sequence, records(records))
                        .buffer());
    }

    /// A batch of a transaction that is open, or that this one opens.
    void appendTransactional(
            String topic, int partition, int records, long producerId, int sequence)
            throws IOException {
        PartitionId id = id(topic, partition);
        append(
                shardOf(id),
                id,
                MemoryRecords.withTransactionalRecords(
                                Compression.NONE, producerId, (short) 0, sequence, records(records))
                        .buffer());
    }

    private SimpleRecord[] records(int count) {
        SimpleRecord[] records = new SimpleRecord[count];
        for (int i = 0; i < count; i++) {
            byte[] value = new byte[random.nextInt(1, 2_000)];
            random.nextBytes(value);
            records[i] = new SimpleRecord(clock.millis(), null, value);
        }
        return records;
    }

    void commitOffset(String group, String topic, int partition, long offset) throws IOException {
        CoordinatorRecord record =
                GroupCoordinatorRecordHelpers.newOffsetCommitRecord(
                        group,
                        topic,
                        partition,
                        new OffsetAndMetadata(
                                offset,
                                OptionalInt.empty(),
                                "",
                                clock.millis(),
                                OptionalLong.empty(),
                                Uuid.ZERO_UUID));
        PartitionId id = id("__consumer_offsets", 0);
        append(
                shardOf(id),
                id,
                MemoryRecords.withRecords(
                                Compression.NONE,
                                new SimpleRecord(
                                        clock.millis(),
                                        groupSerde.serializeKey(record),
                                        groupSerde.serializeValue(record)))
                        .buffer());
    }

    private void append(Shard shard, PartitionId id, ByteBuffer batch) throws IOException {
        PartitionLedger ledger = shard.ledger(id);
        BatchHeader header = BatchHeader.at(batch, batch.position());
        header.setBaseOffset(ledger.highWatermark());
        header.setPartitionLeaderEpoch((int) (ledger.baseEpoch() + shard.term));
        shard.section(id).append(batch, clock.millis());
        byte[] bytes = new byte[batch.remaining()];
        batch.duplicate().get(bytes);
        batches.computeIfAbsent(id, key -> new ArrayList<>()).add(bytes);
        shard.index++;
    }

    void moveLogStart(String topic, int partition, long logStart) {
        PartitionId id = id(topic, partition);
        Shard shard = shardOf(id);
        if (logStart > shard.ledger(id).logStart()) {
            shard.section(id).fact(new ControlFact.LogStartMoved(logStart));
            shard.index++;
        }
    }

    void newLeader(int shard) {
        shard(shard).term++;
    }

    void journalAll() throws IOException {
        for (int shard : shards.keySet()) {
            journal(shard);
        }
    }

    /// Ships what a shard has.
    void journal(int number) throws IOException {
        Shard shard = shard(number);
        if (shard.sections.isEmpty()) {
            return;
        }
        clock.pass(java.time.Duration.ofSeconds(5));
        PackWriter.Written written =
                shard.writer.finish(
                        new PackFacts(
                                PackKind.JOURNAL,
                                CLUSTER,
                                shard.id,
                                shard.journaledIndex,
                                shard.index,
                                shard.term,
                                shard.term,
                                0,
                                "test",
                                clock.millis()));
        String key = BucketKeys.journal(shard.id, shard.journaledIndex);
        store.put(key, written.body(), PutMode.IF_ABSENT);
        shard.journals.add(
                new JournalRef(
                        key, shard.journaledIndex, shard.index, written.index().objectBytes()));
        shard.metadataBatches.forEach(shard.metadata::replay);
        shard.metadataBatches.clear();
        shard.journaledIndex = shard.index;
        shard.sections.clear();
        shard.writer = PackWriter.inMemory();
        shard.ledgers.forEach((id, ledger) -> {
            journaledEnds.put(id, ledger.highWatermark());
            journaledStarts.put(id, ledger.logStart());
        });
    }

    /// The shard's state at the end of its newest journal; nothing may be waiting.
    void checkpoint(int number) throws IOException {
        Shard shard = shard(number);
        journal(number);
        CheckpointStore.put(
                store,
                new ShardCheckpoint(
                        CLUSTER,
                        shard.id,
                        shard.index,
                        shard.term,
                        clock.millis(),
                        shard.ledgers.values().stream().map(PartitionLedger::snapshot).toList(),
                        shard.closed.stream()
                                .sorted(
                                        java.util.Comparator.comparing(
                                                ShardCheckpoint.ClosedPartition::id))
                                .toList(),
                        shard.journals,
                        List.of(),
                        shard.id.isMetadata() ? shard.metadata.records() : List.of()));
    }

    /// Moves what is journaled of a partition into one segment object and a manifest version.
    void segment(PartitionId id) throws IOException {
        Shard shard = shardOf(id);
        PartitionLedger ledger = shard.ledger(id);
        long end = journaledEnds.getOrDefault(id, 0L);
        long base = ledger.archivedEnd();
        if (end <= base) {
            return;
        }
        PackWriter writer = PackWriter.inMemory();
        List<byte[]> own =
                batches.getOrDefault(id, List.of()).stream()
                        .filter(batch ->
                                header(batch).endOffset() > base
                                        && header(batch).endOffset() <= end)
                        .toList();
        long objectBase = header(own.getFirst()).baseOffset();
        SectionBuilder section =
                writer.section(id, ledger.topicName(), objectBase, ledger.abortedIn(0, end));
        for (byte[] batch : own) {
            section.append(ByteBuffer.wrap(batch));
        }
        PackWriter.Written written =
                writer.finish(
                        new PackFacts(
                                PackKind.SEGMENT,
                                CLUSTER,
                                shard.id,
                                0,
                                0,
                                shard.term,
                                shard.term,
                                0,
                                "test",
                                clock.millis()));
        PackSection made = written.index().sections().getFirst();
        PartitionManifest before = manifest(shard, ledger);
        SegmentEntry entry =
                new SegmentEntry(
                        objectBase,
                        end,
                        end,
                        generation,
                        before.version() + 1,
                        random.nextLong(),
                        written.index().objectBytes(),
                        made.maxTimestampMs(),
                        made.recordCount(),
                        written.index().indexCrc(),
                        false);
        store.put(entry.key(ledger.topicName(), id), written.body(), PutMode.IF_ABSENT);
        List<ManifestDelta> deltas = new ArrayList<>();
        if (ledger.logStart() > before.logStart()) {
            deltas.add(
                    new ManifestDelta.MoveLogStart(
                            ledger.logStart(), "test", clock.millis() + 3_600_000));
            journaledStarts.put(id, ledger.logStart());
        }
        deltas.add(new ManifestDelta.AddSegment(entry, made.epochs()));
        ManifestChange change =
                ManifestChange.next(store, before, before.rank(), deltas, random, clock.millis());
        PartitionManifest next = change.manifest();
        ManifestStore.commit(store, change);
        ledger.archived(end, next.ref());
    }

    private PartitionManifest manifest(Shard shard, PartitionLedger ledger) throws IOException {
        if (ledger.manifest().generation() == generation) {
            return ManifestStore.read(store, ledger.topicName(), ledger.id(), ledger.manifest());
        }
        ManifestRank rank = new ManifestRank(generation, 0, shard.term);
        PartitionManifest first =
                ledger.manifest().exists()
                        ? ManifestStore.read(
                                        store, ledger.topicName(), ledger.id(), ledger.manifest())
                                .continueIn(rank, ledger.archivedEnd())
                        : PartitionManifest.first(
                                ledger.topicName(), ledger.id(), rank, ledger.archivedEnd());
        ManifestStore.commit(store, first);
        return first;
    }

    static BatchHeader header(byte[] batch) {
        return Batches.in(ByteBuffer.wrap(batch)).iterator().next();
    }

    /// The batches that a restore must bring back.
    List<byte[]> survivors(PartitionId id) {
        long start = journaledStarts.getOrDefault(id, 0L);
        long end = journaledEnds.getOrDefault(id, 0L);
        return batches.getOrDefault(id, List.of()).stream()
                .filter(batch ->
                        header(batch).endOffset() > start && header(batch).endOffset() <= end)
                .toList();
    }
}
