// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import io.varve.manifest.PartitionId;
import io.varve.recovery.Finding.Kind;
import io.varve.recovery.Finding.Severity;
import org.jspecify.annotations.Nullable;

/// Something in the bucket that is not as it should be. Immutable.
///
/// @param key the object; where one is missing, the key that it would have
/// @param topic, partition what it is about, when it is about one partition
/// @param baseOffset, endOffset the offsets it is about; null when it is not about offsets
/// @param bytes size of the object as a listing shows it; null when there is none, or no matter
/// @param message the fact, with values
/// @param remedy what to do
public record AuditFinding(
        Kind kind,
        Severity severity,
        String key,
        @Nullable String topic,
        @Nullable Integer partition,
        @Nullable Long baseOffset,
        @Nullable Long endOffset,
        @Nullable Long bytes,
        String message,
        String remedy) {

    static AuditFinding of(Kind kind, Severity severity, String key, String fact) {
        String message = fact.contains(key) ? fact : fact + ": key=" + key;
        return new AuditFinding(
                kind, severity, key, null, null, null, null, null, message, kind.remedy());
    }

    AuditFinding about(String topicName, PartitionId id) {
        return new AuditFinding(
                kind,
                severity,
                key,
                topicName,
                id.partition(),
                baseOffset,
                endOffset,
                bytes,
                message,
                remedy);
    }

    AuditFinding offsets(long base, long end) {
        return new AuditFinding(
                kind, severity, key, topic, partition, base, end, bytes, message, remedy);
    }

    AuditFinding bytes(long size) {
        return new AuditFinding(
                kind,
                severity,
                key,
                topic,
                partition,
                baseOffset,
                endOffset,
                size,
                message,
                remedy);
    }

    AuditFinding remedy(String words) {
        return new AuditFinding(
                kind,
                severity,
                key,
                topic,
                partition,
                baseOffset,
                endOffset,
                bytes,
                message,
                words);
    }

    /// Whether it is worth a second look and an exit code: notes are not.
    public boolean isBad() {
        return severity != Severity.INFO;
    }

    /// What tells it from other findings.
    Seen seen() {
        return new Seen(kind, key, topic, partition);
    }

    /// What makes two findings the same.
    record Seen(Kind kind, String key, @Nullable String topic, @Nullable Integer partition) {}
}
