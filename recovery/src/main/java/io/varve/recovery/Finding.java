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
        MISSING_OBJECT,
        SIZE_MISMATCH,
        CRC_MISMATCH,
        TRUNCATED_PACK,
        WRONG_IDENTITY,
        UNREADABLE_MANIFEST,
        MANIFEST_VERSION_HOLE,
        GAP,
        OVERLAP,
        RANK_REGRESSION,
        JOURNAL_HOLE,
        MISSING_CHECKPOINT,
        UNREADABLE_CHECKPOINT,
        BATCH_MISMATCH,
        TWO_GENERATIONS,
        UNFINISHED_GENERATION,
        FOREIGN_OBJECT,
        VERSION_TOO_NEW;

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
