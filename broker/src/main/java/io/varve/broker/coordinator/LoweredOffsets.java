// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.coordinator;

import io.varve.broker.shard.AppendOutcome;
import io.varve.manifest.generation.Cut;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.generated.OffsetCommitKey;
import org.apache.kafka.coordinator.group.generated.OffsetCommitValue;
import org.apache.kafka.server.common.ApiMessageAndVersion;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Group offsets that lay behind a restored partition's end: before a partition of
/// `__consumer_offsets` is loaded for the first time in the restored generation, a corrective
/// commit is appended for each.
///
/// Doing it again does nothing: only where the newest commit for a key stands below the offsets
/// partition's own restored end is it corrected, and the correction stands above. A commit that a
/// client made since then is left alone for the same reason. Thread-safe; blocks, for the loader's
/// virtual threads.
final class LoweredOffsets {
    private static final Logger LOG = LoggerFactory.getLogger(LoweredOffsets.class);
    private static final long APPEND_TIMEOUT_MS = 60_000;

    /// Corrections in one batch: far below the smallest sensible max.message.bytes.
    private static final int BATCH_RECORDS = 500;

    private final OffsetsLog log;
    private final InstantSource clock;
    private final List<Cut.LoweredOffset> lowered;
    private final Map<Integer, Long> restoredEnds;
    private final Set<Integer> corrected = ConcurrentHashMap.newKeySet();
    private final GroupCoordinatorRecordSerde serde = new GroupCoordinatorRecordSerde();

    /// @param cut of this generation; empty when it is no restored one
    LoweredOffsets(OffsetsLog log, InstantSource clock, Optional<Cut> cut) {
        this.log = log;
        this.clock = clock;
        lowered = cut.map(Cut::loweredOffsets).orElse(List.of());
        Map<Integer, Long> ends = new HashMap<>();
        cut.ifPresent(known ->
                known.partitions().stream()
                        .filter(each -> each.topicName().equals(Topic.GROUP_METADATA_TOPIC_NAME))
                        .forEach(each -> ends.put(each.id().partition(), each.endOffset())));
        restoredEnds = Map.copyOf(ends);
    }

    /// What a commit is about.
    record Key(String group, String topic, int partition) {}

    /// Corrects what must be, and waits until that is committed.
    ///
    /// @return whether anything was appended
    boolean correct(int partition, int leaderEpoch, OffsetsLog.Ends ends, CommittedReplay replay)
            throws InterruptedException {
        Map<Key, Cut.LoweredOffset> mine = of(partition);
        Long restoredEnd = restoredEnds.get(partition);
        if (mine.isEmpty() || restoredEnd == null || corrected.contains(partition)) {
            return false;
        }
        NewestCommits newest = new NewestCommits(mine.keySet());
        replay.play(ends.logStart(), ends.highWatermark(), newest);
        List<SimpleRecord> corrections = new ArrayList<>();
        mine.forEach((key, offset) ->
                newest.of(key)
                        .filter(commit ->
                                commit.decidedAt() < restoredEnd
                                        && commit.value().offset() > offset.to())
                        .ifPresent(commit ->
                                corrections.add(correction(key, commit.value(), offset.to()))));
        for (int from = 0; from < corrections.size(); from += BATCH_RECORDS) {
            append(
                    partition,
                    leaderEpoch,
                    corrections.subList(from, Math.min(corrections.size(), from + BATCH_RECORDS)));
        }
        corrected.add(partition);
        if (!corrections.isEmpty()) {
            LOG.info(
                    "group offsets behind the restored end were lowered: partition={}, offsets={}",
                    partition,
                    corrections.size());
        }
        return !corrections.isEmpty();
    }

    private Map<Key, Cut.LoweredOffset> of(int partition) {
        int count = log.partitionCount().orElse(0);
        Map<Key, Cut.LoweredOffset> mine = new HashMap<>();
        for (Cut.LoweredOffset offset : lowered) {
            if (count > 0 && Utils.abs(offset.group().hashCode()) % count == partition) {
                mine.put(new Key(offset.group(), offset.topicName(), offset.partition()), offset);
            }
        }
        return mine;
    }

    private SimpleRecord correction(Key key, OffsetCommitValue before, long to) {
        CoordinatorRecord record =
                CoordinatorRecord.record(
                        new OffsetCommitKey()
                                .setGroup(key.group())
                                .setTopic(key.topic())
                                .setPartition(key.partition()),
                        new ApiMessageAndVersion(
                                before.duplicate().setOffset(to).setLeaderEpoch(-1),
                                OffsetCommitValue.HIGHEST_SUPPORTED_VERSION));
        return new SimpleRecord(
                clock.millis(), serde.serializeKey(record), serde.serializeValue(record));
    }

    private void append(int partition, int leaderEpoch, List<SimpleRecord> records)
            throws InterruptedException {
        ByteBuffer batch =
                MemoryRecords.withRecords(
                                (byte) 2,
                                0L,
                                Compression.NONE,
                                TimestampType.CREATE_TIME,
                                records.toArray(new SimpleRecord[0]))
                        .buffer();
        try {
            AppendOutcome outcome =
                    log.append(partition, batch, leaderEpoch, (short) 0)
                            .done()
                            .get(APPEND_TIMEOUT_MS, TimeUnit.MILLISECONDS);
            if (!(outcome instanceof AppendOutcome.Appended)) {
                throw new NotLeaderOrFollowerException(
                        "offsets were not lowered: partition="
                                + partition
                                + ", outcome="
                                + outcome);
            }
        } catch (TimeoutException | ExecutionException e) {
            throw new IllegalStateException("offsets were not lowered: partition=" + partition, e);
        }
    }
}
