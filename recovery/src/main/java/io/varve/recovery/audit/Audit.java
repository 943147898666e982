// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.Finding.Kind;
import io.varve.recovery.RecoveryException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// Looks at a whole bucket and says what is wrong with it. Needs no broker, writes nothing, and may
/// run beside a cluster that writes: what a first look finds counts only when a second one finds it
/// again.
///
/// Reads in the order in which names and objects come and go: names first, what they name
/// afterwards; shards before the manifests that rest on their journals. Owner: the caller's thread.
public final class Audit {
    private static final int REQUESTS_AT_ONCE = 16;

    /// A restore that ends meanwhile makes the audit start over.
    private static final int TRIES_MAX = 3;

    private final ReadOnlyObjectStore store;
    private final AuditOptions options;

    private Audit(ReadOnlyObjectStore store, AuditOptions options) {
        this.store = store;
        this.options = options;
    }

    /// @throws RecoveryException the bucket holds no cluster, or not a topic that was asked for
    /// @throws ObjectStoreException the store failed: nothing can be said
    public static AuditReport run(ObjectStore store, AuditOptions options)
            throws ObjectStoreException, RecoveryException {
        return new Audit(new ReadOnlyObjectStore(store, REQUESTS_AT_ONCE), options).run();
    }

    private AuditReport run() throws ObjectStoreException, RecoveryException {
        Instant startedAt = store.serverTime();
        for (int tries = 1; ; tries++) {
            AuditPass first = AuditPass.first(store, options);
            Lives lives = new LivesAudit(first).read();
            look(first, lives);
            List<AuditFinding> confirmed = confirmed(first);
            List<Integer> claimed = ClusterFiles.generations(store);
            if (claimed.equals(lives.claimed())) {
                return report(startedAt, first, lives, confirmed);
            }
            if (tries == TRIES_MAX) {
                throw new RecoveryException(
                        "bucket is being restored, audit it afterwards: generations=" + claimed);
            }
        }
    }

    private void look(AuditPass pass, Lives lives) throws ObjectStoreException, RecoveryException {
        RestAudit rest = new RestAudit(pass);
        Bucket bucket = bucket(pass, rest, lives);
        TopicsAudit topics = new TopicsAudit(pass, bucket);
        topics.look();
        if (options.wholeBucket()) {
            rest.others();
            return;
        }
        Set<String> missing = new HashSet<>(options.topics());
        missing.removeAll(topics.names());
        if (!missing.isEmpty()) {
            throw new RecoveryException(
                    "no such topic in the bucket: topics=" + missing + ", bucket=" + store.url());
        }
    }

    private static Bucket bucket(AuditPass pass, RestAudit rest, Lives lives)
            throws ObjectStoreException {
        Kept kept = new MarkersAudit(pass).read();
        var trash = rest.trash();
        ShardsState shards = new ShardsAudit(pass, lives, kept).read();
        return new Bucket(lives, kept, trash, shards);
    }

    /// What a second look finds too. It begins with the small documents and the shards, then looks
    /// at those partitions and objects of which there was something to say.
    private List<AuditFinding> confirmed(AuditPass first)
            throws ObjectStoreException, RecoveryException {
        List<AuditFinding> found = unique(first.findings());
        if (found.stream().noneMatch(AuditFinding::isBad)) {
            return found;
        }
        Set<String> keys = new HashSet<>();
        found.forEach(finding -> keys.add(finding.key()));
        AuditPass second = first.second(keys);
        Lives lives = new LivesAudit(second).read();
        RestAudit rest = new RestAudit(second);
        Bucket bucket = bucket(second, rest, lives);
        TopicsAudit topics = new TopicsAudit(second, bucket);
        Set<PartitionListing.Name> partitions = new HashSet<>();
        for (AuditFinding finding : found) {
            ObjectName name = BucketKeys.parse(finding.key());
            switch (name) {
                case ObjectName.TopicJson topic -> topics.copyAgain(finding.key());
                case ObjectName.Unknown unknown -> {
                    if (finding.kind() == Kind.FOREIGN_OBJECT
                            && !finding.key().startsWith(BucketKeys.SHARDS_PREFIX)) {
                        rest.again(finding.key());
                    }
                }
                default -> {
                    // looked at already, or with its partition
                }
            }
            PartitionListing.name(finding, bucket).ifPresent(partitions::add);
        }
        for (PartitionListing.Name partition : partitions) {
            topics.again(partition.topicName(), partition.id());
        }
        return both(found, second, bucket);
    }

    /// What the second look says of the keys of which the first one had something to say. What it
    /// is may have become clearer: a size that differs, an object that went while it was read.
    private static List<AuditFinding> both(
            List<AuditFinding> found, AuditPass second, Bucket bucket) {
        Set<String> keys = new HashSet<>();
        List<AuditFinding> confirmed = new ArrayList<>();
        for (AuditFinding finding : found) {
            if (!finding.isBad()) {
                confirmed.add(finding);
            } else if (isAhead(finding)) {
                stillAhead(finding, bucket).ifPresent(confirmed::add);
            } else {
                keys.add(finding.key());
            }
        }
        for (AuditFinding finding : unique(second.findings())) {
            if (finding.isBad() && !isAhead(finding) && keys.contains(finding.key())) {
                confirmed.add(finding);
            }
        }
        return confirmed;
    }

    /// Segments that go further than the journals that were listed before: what matters is how far
    /// the journals go that are listed now.
    private static boolean isAhead(AuditFinding finding) {
        return finding.kind() == Kind.JOURNAL_HOLE && finding.topic() != null;
    }

    private static Optional<AuditFinding> stillAhead(AuditFinding finding, Bucket bucket) {
        Long archivedEnd = finding.endOffset();
        boolean caughtUp =
                archivedEnd == null
                        || bucket.shards().open().stream()
                                .map(id -> bucket.shards().known(id).orElseThrow())
                                .filter(known ->
                                        known.topicName().equals(finding.topic())
                                                && Integer.valueOf(known.id().partition())
                                                        .equals(finding.partition()))
                                .allMatch(known -> known.highWatermark() >= archivedEnd);
        return caughtUp ? Optional.empty() : Optional.of(finding);
    }

    private static List<AuditFinding> unique(List<AuditFinding> findings) {
        Map<AuditFinding.Seen, AuditFinding> unique = new LinkedHashMap<>();
        for (AuditFinding finding : findings) {
            unique.merge(
                    finding.seen(),
                    finding,
                    (one, other) -> other.severity().compareTo(one.severity()) < 0 ? other : one);
        }
        return List.copyOf(unique.values());
    }

    private AuditReport report(
            Instant startedAt, AuditPass first, Lives lives, List<AuditFinding> confirmed)
            throws ObjectStoreException {
        List<AuditFinding> findings = new ArrayList<>(confirmed);
        findings.sort(
                Comparator.comparing(AuditFinding::severity)
                        .thenComparing(AuditFinding::key)
                        .thenComparing(AuditFinding::kind));
        SortedMap<String, Long> counts = new TreeMap<>(first.more());
        findings.forEach(finding -> counts.merge(finding.kind().label(), 1L, Long::sum));
        Instant finishedAt = store.serverTime();
        return new AuditReport(
                store.url(),
                lives.clusterId(),
                options.level(),
                startedAt,
                finishedAt,
                first.objects(),
                first.bytes(),
                store.counts().requests(),
                store.counts().bytesIn(),
                findings.subList(0, Math.min(findings.size(), AuditReport.FINDINGS_MAX)),
                counts);
    }
}
