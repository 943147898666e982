// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.batch.Batches;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.metadata.MetadataRecords;
import io.varve.manifest.pack.ControlFact;
import io.varve.manifest.state.BatchFacts;
import io.varve.manifest.state.PartitionLedger;
import io.varve.manifest.state.PartitionState;
import io.varve.manifest.state.PartitionState.ManifestRef;
import io.varve.manifest.topic.TopicDocument;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.server.common.ApiMessageAndVersion;

/// A shard's committed log in memory, with the state that apply would have. Commits and applies at
/// once; leaders are views of it ([#leader]), so that two may archive at the same time. Remembers
/// every batch, also those it no longer serves.
final class RecordedHotTier {
    static final ShardId SHARD = new ShardId(1, 3, 0);

    final ShardId shard;
    final ManualClock clock;
    final List<CommittedFrame> frames = new ArrayList<>();
    final TreeMap<PartitionId, PartitionLedger> ledgers = new TreeMap<>();
    final Map<PartitionId, TreeMap<Long, Stored>> batches = new HashMap<>();
    final Map<PartitionId, Long> hotStarts = new HashMap<>();
    final List<PartitionState> first = new ArrayList<>();
    int baseEpoch;
    long term = 1;
    long floorIndex;
    long firstIndex;
    private long firstReadable;
    private long committedEnd = Long.MAX_VALUE;

    record Stored(ByteBuffer bytes, long endOffset, long frameTimeMs) {}

    RecordedHotTier(ManualClock clock) {
        this(SHARD, clock);
    }

    RecordedHotTier(ShardId shard, ManualClock clock) {
        this.shard = shard;
        this.clock = clock;
    }

    /// A shard of a later generation that starts with a checkpoint at index 0.
    static RecordedHotTier restored(ShardCheckpoint first, ManualClock clock) {
        RecordedHotTier tier = new RecordedHotTier(first.shard(), clock);
        tier.first.addAll(first.partitions());
        tier.baseEpoch =
                first.partitions().stream().mapToInt(PartitionState::baseEpoch).max().orElse(0);
        first.partitions()
                .forEach(state -> {
                    tier.ledgers.put(state.id(), PartitionLedger.from(state));
                    tier.batches.put(state.id(), new TreeMap<>());
                    tier.hotStarts.put(state.id(), state.highWatermark());
                });
        return tier;
    }

    PartitionId open(String topic, int partition) {
        PartitionId id = new PartitionId(topicId(topic), partition);
        open(id, topic, topicRecord(topic));
        return id;
    }

    void open(PartitionId id, String topic, String topicRecord) {
        commit(
                new CommittedFrame.Control(
                        id, topic, new ControlFact.Opened(0, baseEpoch, topicRecord)));
    }

    /// The topic was deleted.
    void close(PartitionId id) {
        PartitionLedger ledger = ledgers.get(id);
        commit(
                new CommittedFrame.Control(
                        id,
                        ledger.topicName(),
                        new ControlFact.Closed(ledger.highWatermark(), "topic deleted")));
    }

    static String topicRecord(String topic) {
        return new TopicDocument(topic, topicId(topic), 1, Map.of()).toLine();
    }

    static Uuid topicId(String topic) {
        return new Uuid(0x5661_7276_6500_0000L, topic.hashCode() & 0xffff_ffffL);
    }

    long endIndex() {
        return firstIndex + frames.size();
    }

    /// Commits one frame with these slices.
    long commit(CommittedFrame.Slice... slices) {
        long index = endIndex();
        frames.add(new CommittedFrame(term, index, clock.millis(), List.of(slices)));
        for (CommittedFrame.Slice slice : slices) {
            apply(slice);
        }
        return index;
    }

    private void apply(CommittedFrame.Slice slice) {
        switch (slice) {
            case CommittedFrame.Data data -> {
                PartitionLedger ledger = ledgers.get(data.partition());
                for (BatchHeader batch : Batches.in(data.bytes())) {
                    ledger.append(batch.facts(), data.leaderEpoch(), clock.millis());
                    batches.get(data.partition())
                            .put(
                                    batch.baseOffset(),
                                    new Stored(batch.bytes(), batch.endOffset(), clock.millis()));
                }
            }
            case CommittedFrame.Archived archived ->
                    ledgers.get(archived.partition())
                            .archived(archived.archivedEnd(), archived.manifest());
            case CommittedFrame.Control control -> apply(control);
        }
    }

    private void apply(CommittedFrame.Control control) {
        switch (control.fact()) {
            case ControlFact.Opened opened -> {
                ledgers.put(
                        control.partition(),
                        PartitionLedger.open(
                                control.partition(),
                                control.topicName(),
                                opened.topicRecord(),
                                opened.baseEpoch(),
                                opened.startOffset()));
                batches.put(control.partition(), new TreeMap<>());
                hotStarts.put(control.partition(), opened.startOffset());
            }
            case ControlFact.TopicChanged changed ->
                    ledgers.get(control.partition()).topicChanged(changed.topicRecord());
            case ControlFact.LogStartMoved moved ->
                    ledgers.get(control.partition()).moveLogStart(moved.logStart());
            case ControlFact.Adopted adopted ->
                    ledgers.get(control.partition())
                            .adopt(adopted.logStart(), adopted.manifest(), adopted.epochs());
            case ControlFact.Closed closed -> ledgers.remove(control.partition());
        }
    }

    /// Appends one batch of `records` values of `bytes` bytes.
    long append(PartitionId id, int records, int bytes) {
        return commit(data(id, records, bytes));
    }

    CommittedFrame.Data data(PartitionId id, int records, int bytes) {
        SimpleRecord[] values = new SimpleRecord[records];
        long base = ledgers.get(id).highWatermark();
        for (int i = 0; i < records; i++) {
            byte[] value = new byte[bytes];
            java.util.Arrays.fill(value, (byte) (base + i));
            values[i] = new SimpleRecord(clock.millis(), null, value);
        }
        return slice(
                id, MemoryRecords.withRecords(base, Compression.NONE, epoch(id), values).buffer());
    }

    long appendTransactional(PartitionId id, long producerId, int sequence, int records) {
        SimpleRecord[] values = new SimpleRecord[records];
        java.util.Arrays.setAll(
                values, i -> new SimpleRecord(clock.millis(), null, new byte[] {(byte) i}));
        long base = ledgers.get(id).highWatermark();
        return commit(
                slice(
                        id,
                        MemoryRecords.withTransactionalRecords(
                                        base,
                                        Compression.NONE,
                                        producerId,
                                        (short) 0,
                                        sequence,
                                        epoch(id),
                                        values)
                                .buffer()));
    }

    long endTransaction(PartitionId id, long producerId, boolean commit) {
        long base = ledgers.get(id).highWatermark();
        return commit(
                slice(
                        id,
                        MemoryRecords.withEndTransactionMarker(
                                        base,
                                        clock.millis(),
                                        epoch(id),
                                        producerId,
                                        (short) 0,
                                        new EndTransactionMarker(
                                                commit
                                                        ? ControlRecordType.COMMIT
                                                        : ControlRecordType.ABORT,
                                                0))
                                .buffer()));
    }

    long appendMetadata(PartitionId id, ApiMessage record) {
        byte[] value =
                MetadataRecords.serialize(
                        new ApiMessageAndVersion(record, record.highestSupportedVersion()));
        long base = ledgers.get(id).highWatermark();
        return commit(
                slice(
                        id,
                        MemoryRecords.withRecords(
                                        base,
                                        Compression.NONE,
                                        epoch(id),
                                        new SimpleRecord(clock.millis(), null, value))
                                .buffer()));
    }

    private int epoch(PartitionId id) {
        return Math.toIntExact(ledgers.get(id).baseEpoch() + term);
    }

    private CommittedFrame.Data slice(PartitionId id, ByteBuffer bytes) {
        List<BatchFacts> facts = new ArrayList<>();
        for (BatchHeader batch : Batches.in(bytes)) {
            facts.add(batch.facts());
        }
        return new CommittedFrame.Data(id, epoch(id), facts, bytes);
    }

    /// Frames from `index` on are there but not committed yet.
    void commitOnlyBelow(long index) {
        committedEnd = index;
    }

    /// Local disk keeps no batch below `offset`.
    void freeBelow(PartitionId id, long offset) {
        hotStarts.merge(id, offset, Math::max);
    }

    void purgeLogBelow(long index) {
        firstReadable = index;
    }

    /// Every batch of a partition from `offset` on, joined.
    ByteBuffer everything(PartitionId id, long fromOffset) {
        java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
        batches.get(id)
                .tailMap(fromOffset, true)
                .values()
                .forEach(stored -> {
                    byte[] bytes = new byte[stored.bytes().remaining()];
                    stored.bytes().duplicate().get(bytes);
                    all.writeBytes(bytes);
                });
        return ByteBuffer.wrap(all.toByteArray());
    }

    /// A leadership in the present term.
    Leader leader() {
        return new Leader(term);
    }

    /// The leadership of the next term; older leaders keep believing in theirs until told.
    Leader nextLeader() {
        term++;
        commit();
        return new Leader(term);
    }

    /// What one archiver sees.
    final class Leader implements ShardSource {
        private final long ownTerm;
        boolean leads = true;
        int commandsToFail;
        final List<String> commands = new ArrayList<>();

        Leader(long ownTerm) {
            this.ownTerm = ownTerm;
        }

        @Override
        public ShardId shard() {
            return shard;
        }

        @Override
        public long term() {
            return ownTerm;
        }

        @Override
        public boolean isLeader() {
            return leads;
        }

        @Override
        public long appliedEndIndex() {
            return Math.min(committedEnd, endIndex());
        }

        @Override
        public long firstReadableIndex() {
            return Math.max(firstIndex, firstReadable);
        }

        @Override
        public OptionalLong termAt(long index) {
            return index < firstReadableIndex() || index >= appliedEndIndex()
                    ? OptionalLong.empty()
                    : OptionalLong.of(frames.get((int) (index - firstIndex)).term());
        }

        @Override
        public List<CommittedFrame> frames(long fromIndex, long toIndex, int maxBytes)
                throws IOException {
            if (toIndex > appliedEndIndex() || fromIndex < firstReadableIndex()) {
                throw new IOException("no such frames: from=" + fromIndex + ", to=" + toIndex);
            }
            List<CommittedFrame> answer = new ArrayList<>();
            long bytes = 0;
            for (long index = fromIndex; index < toIndex; index++) {
                CommittedFrame frame = frames.get((int) (index - firstIndex));
                for (CommittedFrame.Slice slice : frame.slices()) {
                    bytes +=
                            slice instanceof CommittedFrame.Data data
                                    ? data.bytes().remaining()
                                    : 0;
                }
                if (bytes > maxBytes && !answer.isEmpty()) {
                    break;
                }
                answer.add(frame);
            }
            return answer;
        }

        @Override
        public ByteBuffer readHot(
                PartitionId partition, long offset, long endOffset, int maxBytes) {
            TreeMap<Long, Stored> stored = batches.get(partition);
            Map.Entry<Long, Stored> at = stored.floorEntry(offset);
            if (offset < hotStarts.get(partition)
                    || at == null
                    || at.getValue().endOffset() <= offset) {
                return ByteBuffer.allocate(0);
            }
            java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
            for (Stored batch : stored.tailMap(at.getKey(), true).values()) {
                if (batch.endOffset() > endOffset
                        || (all.size() > 0 && all.size() + batch.bytes().remaining() > maxBytes)) {
                    break;
                }
                byte[] bytes = new byte[batch.bytes().remaining()];
                batch.bytes().duplicate().get(bytes);
                all.writeBytes(bytes);
            }
            return ByteBuffer.wrap(all.toByteArray());
        }

        @Override
        public List<HotPartition> partitions() {
            return ledgers.values().stream().map(this::hot).toList();
        }

        private HotPartition hot(PartitionLedger ledger) {
            TreeMap<Long, Stored> stored = batches.get(ledger.id());
            var unarchived = stored.tailMap(ledger.archivedEnd(), true).values();
            return new HotPartition(
                    ledger.id(),
                    ledger.topicName(),
                    ledger.logStart(),
                    hotStarts.get(ledger.id()),
                    ledger.archivedEnd(),
                    ledger.lastStableOffset(),
                    ledger.highWatermark(),
                    ledger.manifest(),
                    unarchived.isEmpty()
                            ? OptionalLong.empty()
                            : OptionalLong.of(unarchived.iterator().next().frameTimeMs()),
                    unarchived.stream().mapToLong(batch -> batch.bytes().remaining()).sum(),
                    stored.tailMap(hotStarts.get(ledger.id()), true).values().stream()
                            .mapToLong(batch -> batch.bytes().remaining())
                            .sum());
        }

        @Override
        public void archived(PartitionId partition, long archivedEnd, ManifestRef manifest)
                throws CommandFailedException {
            command("archived " + partition + " " + archivedEnd + " " + manifest);
            checkOpen(partition);
            commit(new CommittedFrame.Archived(partition, archivedEnd, manifest));
        }

        @Override
        public void moveLogStart(PartitionId partition, long logStart)
                throws CommandFailedException {
            command("logStart " + partition + " " + logStart);
            checkOpen(partition);
            commit(
                    new CommittedFrame.Control(
                            partition,
                            ledgers.get(partition).topicName(),
                            new ControlFact.LogStartMoved(logStart)));
        }

        @Override
        public void raiseFloor(long endIndex, long atTerm) throws CommandFailedException {
            command("floor " + endIndex);
            commit();
            floorIndex = Math.max(floorIndex, endIndex);
        }

        private void checkOpen(PartitionId partition) throws CommandFailedException {
            if (!ledgers.containsKey(partition)) {
                throw new CommandFailedException("not open: partition=" + partition);
            }
        }

        private void command(String what) throws CommandFailedException {
            if (!leads || ownTerm != term || commandsToFail-- > 0) {
                throw new CommandFailedException(
                        "not the leader: term=" + ownTerm + ", command=" + what);
            }
            commands.add(what);
        }
    }
}
