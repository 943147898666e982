// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.coordinator;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.coordinator.common.runtime.CoordinatorPlayback;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.group.generated.OffsetCommitKey;
import org.apache.kafka.coordinator.group.generated.OffsetCommitValue;
import org.jspecify.annotations.Nullable;

/// Finds the newest commit of some keys in a replay. A commit inside a transaction counts from its
/// marker on. Owner: one replay.
final class NewestCommits implements CoordinatorPlayback<CoordinatorRecord> {
    private final Set<LoweredOffsets.Key> wanted;
    private final Map<LoweredOffsets.Key, Commit> newest = new HashMap<>();
    private final Map<Long, List<Pending>> pending = new HashMap<>();
    private long lastOffset = -1;

    NewestCommits(Set<LoweredOffsets.Key> wanted) {
        this.wanted = Set.copyOf(wanted);
    }

    /// A commit, and the offset of the record that decided it (its own, or at least its last
    /// record's before the marker).
    record Commit(long decidedAt, OffsetCommitValue value) {}

    private record Pending(LoweredOffsets.Key key, @Nullable OffsetCommitValue value) {}

    /// The newest commit of a key; empty when there is none or it was deleted.
    Optional<Commit> of(LoweredOffsets.Key key) {
        return Optional.ofNullable(newest.get(key));
    }

    @Override
    public void replay(
            long offset, long producerId, short producerEpoch, CoordinatorRecord record) {
        lastOffset = offset;
        if (!(record.key() instanceof OffsetCommitKey key)) {
            return;
        }
        LoweredOffsets.Key about =
                new LoweredOffsets.Key(key.group(), key.topic(), key.partition());
        if (!wanted.contains(about)) {
            return;
        }
        OffsetCommitValue value =
                record.value() == null ? null : (OffsetCommitValue) record.value().message();
        if (producerId == RecordBatch.NO_PRODUCER_ID) {
            decide(offset, new Pending(about, value));
        } else {
            pending.computeIfAbsent(producerId, id -> new ArrayList<>())
                    .add(new Pending(about, value));
        }
    }

    private void decide(long offset, Pending commit) {
        if (commit.value() == null) {
            newest.remove(commit.key());
        } else {
            newest.put(commit.key(), new Commit(offset, commit.value()));
        }
    }

    @Override
    public void replayEndTransactionMarker(
            long producerId, short producerEpoch, TransactionResult result) {
        List<Pending> commits = pending.remove(producerId);
        if (commits != null && result == TransactionResult.COMMIT) {
            commits.forEach(commit -> decide(lastOffset + 1, commit));
        }
    }

    @Override
    public void updateLastWrittenOffset(long offset) {}

    @Override
    public void updateLastCommittedOffset(long offset) {}
}
