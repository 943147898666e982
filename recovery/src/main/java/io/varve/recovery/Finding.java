// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.PartitionId;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Something in the bucket that is not as it should be. Immutable.
///
/// @param key the object, or the prefix in which something is missing
/// @param topic, partition what it is about, when it is about one partition
/// @param baseOffset, endOffset the offsets it is about; null when it is not about offsets
/// @param message the fact, with values
public record Finding(
        Kind kind,
        Severity severity,
        String key,
        @Nullable String topic,
        @Nullable Integer partition,
        @Nullable Long baseOffset,
        @Nullable Long endOffset,
        String message) {

    /// How bad it is. `LOST` and `CORRUPT` stop a run unless the loss is accepted.
    public enum Severity {
        LOST,
        CORRUPT,
        WARNING,
        INFO;

        /// As in JSON.
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// What it is. The names are those of an audit.
    public enum Kind {
        MISSING_OBJECT(
                "look for the object in the store's own versions or a backup, else accept the loss"),
        SIZE_MISMATCH(
                "bring the object back from the store's own versions or a backup, else accept the loss"),
        CRC_MISMATCH(
                "bring the object back from the store's own versions or a backup, else accept the loss"),
        TRUNCATED_PACK(
                "bring the object back from the store's own versions or a backup, else accept the loss"),
        WRONG_IDENTITY(
                "find out what put another object under this key; bring back the right one, else accept the loss"),
        UNREADABLE_MANIFEST(
                "bring the manifest back from the store's own versions or a backup, else accept that its offsets cannot be read"),
        MANIFEST_VERSION_HOLE("look for the version in the store's own versions or a backup"),
        MANIFEST_CHAIN_BROKEN(
                "find out who wrote the newer version; bring back the older one from the store's own versions or a backup"),
        GAP("nothing: the offsets are left out on purpose"),
        OVERLAP(
                "two histories were written under one name: keep one of them, else accept the loss"),
        END_BEFORE_START(
                "bring the object back from the store's own versions or a backup, else accept the loss"),
        EPOCH_REGRESSION(
                "two histories were written under one name: keep one of them, else accept the loss"),
        RANK_REGRESSION(
                "two histories were written under one name: keep one of them, else accept the loss"),
        JOURNAL_HOLE(
                "look for the missing journals in the store's own versions or a backup, else accept the loss"),
        MISSING_CHECKPOINT(
                "look for the checkpoints in the store's own versions or a backup, else accept the loss"),
        UNREADABLE_CHECKPOINT(
                "nothing is lost while an older one gives the same: bring it back when convenient"),
        BATCH_MISMATCH(
                "bring the object back from the store's own versions or a backup, else accept the loss"),
        TWO_GENERATIONS(
                "make sure that no broker of the old cluster reaches the bucket; what it wrote behind the end does not count"),
        UNFINISHED_GENERATION("run the restore again: it goes on where it was"),
        ORPHAN("nothing: the leader of the partition's shard dooms and deletes it within days"),
        DOOMED_OVERDUE(
                "look in the brokers' logs for what keeps their collectors from deleting; nothing is lost"),
        NAMED_BUT_DOOMED(
                "stop the brokers before the object is deleted, and keep a copy of it: something still needs it"),
        RESTORE_POINT_BROKEN("drop the restore point or hold, or bring back the object"),
        RETENTION_OVERDUE(
                "look in the brokers' logs for what keeps retention from moving the log start; nothing is lost"),
        FOREIGN_OBJECT("nothing: it is left alone"),
        VERSION_TOO_NEW("use the varve that wrote it, or a later one");

        private final String remedy;

        Kind(String remedy) {
            this.remedy = remedy;
        }

        /// What to do, for people.
        public String remedy() {
            return remedy;
        }

        /// As in JSON: `journal-hole`.
        public String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    static Finding of(Kind kind, Severity severity, String key, String message) {
        return new Finding(kind, severity, key, null, null, null, null, message);
    }

    static Finding of(
            Kind kind,
            Severity severity,
            String key,
            String topic,
            PartitionId id,
            long baseOffset,
            long endOffset,
            String message) {
        return new Finding(
                kind, severity, key, topic, id.partition(), baseOffset, endOffset, message);
    }

    /// Whether something is not restored as it was.
    public boolean isLoss() {
        return severity == Severity.LOST || severity == Severity.CORRUPT;
    }
}
