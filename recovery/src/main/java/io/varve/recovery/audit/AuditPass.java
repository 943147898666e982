// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.Finding.Kind;
import io.varve.recovery.Finding.Severity;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// One look at a bucket: what it may read with, by which time it judges, and what it found. A
/// finding of a first look counts only when a second one, which begins later, finds the same: a
/// cluster that writes meanwhile makes none. Thread-safe.
final class AuditPass {
    /// More are counted only.
    private static final int KEPT_MAX = 50_000;

    /// Packs that are read whole at once.
    private static final int WHOLE_AT_ONCE = 4;

    private final ReadOnlyObjectStore store;
    private final AuditOptions options;
    private final long nowMs;
    private final @Nullable Set<String> again;
    private final Semaphore wholePermits = new Semaphore(WHOLE_AT_ONCE);
    private final ReentrantLock lock = new ReentrantLock();
    private final List<AuditFinding> findings = new ArrayList<>();
    private final SortedMap<String, Long> more = new TreeMap<>();
    private long objects;
    private long bytes;

    private AuditPass(
            ReadOnlyObjectStore store,
            AuditOptions options,
            long nowMs,
            @Nullable Set<String> again) {
        this.store = store;
        this.options = options;
        this.nowMs = nowMs;
        this.again = again;
    }

    static AuditPass first(ReadOnlyObjectStore store, AuditOptions options)
            throws ObjectStoreException {
        return new AuditPass(store, options, store.serverTime().toEpochMilli(), null);
    }

    /// @param keys of what the first look found: only these are read whole again
    AuditPass second(Set<String> keys) throws ObjectStoreException {
        return new AuditPass(store, options, store.serverTime().toEpochMilli(), Set.copyOf(keys));
    }

    ReadOnlyObjectStore store() {
        return store;
    }

    AuditOptions options() {
        return options;
    }

    /// The store's time when this look began.
    long nowMs() {
        return nowMs;
    }

    boolean opensPacks() {
        return options.level().includes(AuditLevel.INDEXES);
    }

    /// Whether every byte of this object is read in this look.
    boolean readsWhole(String key) {
        return options.level().includes(AuditLevel.BYTES) && (again == null || again.contains(key));
    }

    /// Held while a pack is read whole: bounds what is in memory.
    Semaphore wholePermits() {
        return wholePermits;
    }

    /// Whether something is older than the grace: what is on its way into a manifest or a
    /// checkpoint is younger.
    boolean isOld(long atMs) {
        return nowMs - atMs > options.grace().toMillis();
    }

    /// Whether brokers lived long enough behind a time to have done what was due then.
    boolean isOverdue(long dueMs, Lives lives) {
        return Math.min(nowMs, lives.livedUntilMs()) - options.overdueAfter().toMillis() > dueMs;
    }

    /// An object that belongs to what is audited.
    void saw(ObjectInfo object) {
        lock.lock();
        try {
            objects++;
            bytes += object.bytes();
            options.progress().seen(objects, object.key());
        } finally {
            lock.unlock();
        }
    }

    void add(AuditFinding finding) {
        lock.lock();
        try {
            if (findings.size() < KEPT_MAX) {
                findings.add(finding);
            } else {
                more.merge(finding.kind().label(), 1L, Long::sum);
            }
        } finally {
            lock.unlock();
        }
    }

    void addAll(List<AuditFinding> found) {
        found.forEach(this::add);
    }

    /// An object that is nobody's.
    void foreign(ObjectInfo object) {
        String key = object.key();
        boolean probe = key.startsWith("probe/");
        boolean marker =
                key.startsWith(BucketKeys.HOLDS_PREFIX)
                        || key.startsWith(BucketKeys.RESTORE_POINTS_PREFIX);
        AuditFinding finding =
                AuditFinding.of(
                                Kind.FOREIGN_OBJECT,
                                probe ? Severity.INFO : Severity.WARNING,
                                key,
                                probe
                                        ? "left by a broker that tried the store when it started"
                                        : marker
                                                ? "no restore point and no hold: while it is there,"
                                                        + " nothing is deleted"
                                                : "object of nobody's")
                        .bytes(object.bytes());
        add(
                probe
                        ? finding
                        : finding.remedy(
                                marker
                                        ? "move it away, so that brokers delete again"
                                        : "varve leaves it alone: move it away when nobody needs it"
                                                + " here"));
    }

    /// Whether this look may be about an object with that key.
    boolean covers(ObjectName name) {
        return switch (name) {
            case ObjectName.TopicJson topic -> options.covers(topic.topicName());
            case ObjectName.Segment segment -> options.covers(segment.topicName());
            case ObjectName.Page page -> options.covers(page.topicName());
            case ObjectName.Manifest manifest -> options.covers(manifest.topicName());
            default -> options.wholeBucket();
        };
    }

    List<AuditFinding> findings() {
        lock.lock();
        try {
            return List.copyOf(findings);
        } finally {
            lock.unlock();
        }
    }

    /// Counts by kind of what was found and not kept.
    SortedMap<String, Long> more() {
        lock.lock();
        try {
            return new TreeMap<>(more);
        } finally {
            lock.unlock();
        }
    }

    long objects() {
        lock.lock();
        try {
            return objects;
        } finally {
            lock.unlock();
        }
    }

    long bytes() {
        lock.lock();
        try {
            return bytes;
        } finally {
            lock.unlock();
        }
    }
}
