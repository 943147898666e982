// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.checkpoint.ShardCheckpoint.ClosedPartition;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.state.PartitionLedger;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/// Which journals and checkpoints the next checkpoint dooms. A pure decision; in doubt an object
/// stays.
///
/// A journal is doomed when it ends at or below the second newest checkpoint that was read back
/// whole (the newest will be the one that carries the doom: nothing is deleted before that one was
/// read back), and each of its sections is below the partition's archived end (which is never below
/// its log start), or of a topic past undelete. A partition that this shard does not know, or a
/// journal whose sections are not known, keeps it.
///
/// @param secondNewest end of the second newest checkpoint; empty while there is none
/// @param oldCheckpoints below the second newest
/// @param storeMs the store's time
record JournalDoom(
        OptionalLong secondNewest,
        List<OldCheckpoint> oldCheckpoints,
        long storeMs,
        long graceMs,
        long undeleteMs) {
    /// A checkpoint that two newer ones replace.
    record OldCheckpoint(String key, long bytes) {}

    JournalDoom {
        oldCheckpoints = List.copyOf(oldCheckpoints);
    }

    Set<String> keys(
            ShardId shard,
            List<JournalCover> journals,
            Map<PartitionId, PartitionLedger> ledgers,
            Map<PartitionId, ClosedPartition> closed) {
        Set<String> keys = new HashSet<>();
        for (JournalCover journal : journals) {
            if (belowSecondNewest(shard, journal) && allReleased(journal, ledgers, closed)) {
                keys.add(journal.ref().key());
            }
        }
        return keys;
    }

    /// Journals of an older generation are below the first checkpoint of this one, whatever their
    /// index.
    private boolean belowSecondNewest(ShardId shard, JournalCover journal) {
        boolean own =
                BucketKeys.parse(journal.ref().key()) instanceof ObjectName.Journal name
                        && name.shard().equals(shard);
        return secondNewest.isPresent()
                && (!own || journal.ref().endIndex() <= secondNewest.getAsLong());
    }

    private boolean allReleased(
            JournalCover journal,
            Map<PartitionId, PartitionLedger> ledgers,
            Map<PartitionId, ClosedPartition> closed) {
        if (journal.ends() == null) {
            return false;
        }
        for (JournalCover.End end : journal.ends()) {
            PartitionLedger ledger = ledgers.get(end.partition());
            ClosedPartition gone = closed.get(end.partition());
            boolean released =
                    ledger != null
                            ? end.endOffset() <= ledger.archivedEnd()
                            : gone != null && pastUndelete(gone);
            if (!released) {
                return false;
            }
        }
        return true;
    }

    private boolean pastUndelete(ClosedPartition gone) {
        return storeMs - gone.closedAtMs() > undeleteMs;
    }

    /// A partition that left so long ago is forgotten: its objects are gone and Raft's log holds no
    /// command for it any more.
    boolean forgets(ClosedPartition gone) {
        return storeMs - gone.closedAtMs() > 2 * undeleteMs + graceMs;
    }

    DoomedObject object(String key, long bytes, String reason) {
        return new DoomedObject(key, bytes, reason, storeMs + graceMs);
    }

    List<DoomedObject> checkpoints() {
        return oldCheckpoints.stream()
                .map(old -> object(old.key(), old.bytes(), "two newer checkpoints"))
                .toList();
    }
}
