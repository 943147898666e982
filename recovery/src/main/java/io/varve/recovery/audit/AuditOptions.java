// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import java.time.Duration;
import java.util.Set;

/// What an audit looks at, and the limits of the cluster by which it judges ages; those are not in
/// the bucket. Immutable.
///
/// @param topics only these; empty: the whole bucket
/// @param grace `archive.delete.grace.ms` of the cluster: what nothing names is younger, or an
///   orphan
/// @param undelete `archive.topic.undelete.ms` of the cluster
/// @param overdueAfter so long after its time, while brokers lived, nothing is left
public record AuditOptions(
        AuditLevel level,
        Set<String> topics,
        Duration grace,
        Duration undelete,
        Duration overdueAfter,
        Progress progress) {
    private static final Duration GRACE = Duration.ofHours(1);
    private static final Duration UNDELETE = Duration.ofDays(7);
    private static final Duration OVERDUE_AFTER = Duration.ofDays(1);

    /// Is told how far an audit is, by the thread that runs it.
    @FunctionalInterface
    public interface Progress {
        /// @param objects seen so far
        /// @param key the newest one
        void seen(long objects, String key);
    }

    public AuditOptions {
        topics = Set.copyOf(topics);
    }

    /// The whole bucket, with the limits that a cluster has by default.
    public static AuditOptions of(AuditLevel level) {
        return new AuditOptions(
                level, Set.of(), GRACE, UNDELETE, OVERDUE_AFTER, (objects, key) -> {});
    }

    public AuditOptions withTopics(Set<String> names) {
        return new AuditOptions(level, names, grace, undelete, overdueAfter, progress);
    }

    public AuditOptions withGrace(Duration time) {
        return new AuditOptions(level, topics, time, undelete, overdueAfter, progress);
    }

    public AuditOptions withUndelete(Duration time) {
        return new AuditOptions(level, topics, grace, time, overdueAfter, progress);
    }

    public AuditOptions withProgress(Progress told) {
        return new AuditOptions(level, topics, grace, undelete, overdueAfter, told);
    }

    boolean wholeBucket() {
        return topics.isEmpty();
    }

    boolean covers(String topic) {
        return topics.isEmpty() || topics.contains(topic);
    }
}
