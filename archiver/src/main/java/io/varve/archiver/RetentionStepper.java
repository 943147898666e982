// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.archiver.ArchivePolicies.Policy;
import io.varve.archiver.ShardSource.CommandFailedException;
import io.varve.archiver.ShardSource.HotPartition;
import io.varve.manifest.PartitionId;
import io.varve.manifest.partition.ManifestDelta;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.objectstore.ObjectStoreException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Deletes old records by moving the log start, through Raft first; then the manifest follows and
/// dooms the objects below.
///
/// Whole segment objects go, oldest first, by Kafka's rules for its segments: by time, while all
/// records of the oldest are older than `retention.ms` by their timestamps; by size, while all that
/// is left would still be at least `retention.bytes` (objects and what is on local disk only).
/// Records that are in no segment yet are not deleted here; a `retention.ms` below the segment age
/// makes segments as often. DeleteRecords moves the log start elsewhere; its manifest follows here
/// too.
///
/// Time goes by the smaller of our clock and the store's, and stands still while they differ by
/// more than [ArchiveSettings.Cleaning#clockSkewMaxMs]. Owner: the thread that steps.
final class RetentionStepper implements Stepper {
    static final String REASON = "below log start";
    private static final Logger LOG = LoggerFactory.getLogger(RetentionStepper.class);

    private final ArchiveContext context;
    private final ShardSource source;
    private final ArchivePolicies policies;
    private final ManifestBook book;
    private final StoreClock storeClock;
    private final Deque<HotPartition> round = new ArrayDeque<>();
    private final Map<PartitionId, Long> followedTo = new HashMap<>();
    private long nextRoundMs;

    RetentionStepper(
            ArchiveContext context,
            ShardSource source,
            ArchivePolicies policies,
            ManifestBook book,
            StoreClock storeClock) {
        this.context = context;
        this.source = source;
        this.policies = policies;
        this.book = book;
        this.storeClock = storeClock;
    }

    @Override
    public String name() {
        return "retention";
    }

    @Override
    public StepResult step() {
        if (!source.isLeader()) {
            return new StepResult.Stopped(
                    "leadership lost: shard=" + source.shard() + ", term=" + source.term());
        }
        HotPartition hot = round.peek();
        if (hot == null) {
            return nextRound();
        }
        try {
            boolean moved = moveLogStart(hot);
            if (!moved) {
                follow(hot);
                round.remove();
            }
            return new StepResult.Progressed();
        } catch (ObjectStoreException e) {
            return new StepResult.Failed(
                    "retention cannot reach the bucket: partition=" + hot.id(), e);
        } catch (CommandFailedException e) {
            round.remove(); // seen again in the next round
            return new StepResult.Failed("log start not moved: partition=" + hot.id(), e);
        } catch (RuntimeException e) {
            round.remove();
            LOG.error(
                    "retention met damage, the partition keeps everything: partition={}",
                    hot.id(),
                    e);
            return new StepResult.Failed("manifest is damaged: partition=" + hot.id(), e);
        }
    }

    private StepResult nextRound() {
        long now = context.clock().millis();
        if (now < nextRoundMs) {
            return new StepResult.Idle(nextRoundMs - now);
        }
        nextRoundMs = now + context.settings().cleaning().retentionCheckMs();
        List<HotPartition> partitions = source.partitions();
        Set<PartitionId> open = new HashSet<>();
        for (HotPartition hot : partitions) {
            open.add(hot.id());
            if (hot.manifest().exists() && (isLimited(hot) || !isFollowed(hot))) {
                round.add(hot);
            }
        }
        followedTo.keySet().retainAll(open);
        book.tidy(open);
        return round.isEmpty()
                ? new StepResult.Idle(context.settings().cleaning().retentionCheckMs())
                : new StepResult.Progressed();
    }

    private boolean isLimited(HotPartition hot) {
        Policy policy = policies.of(hot.id());
        return policy.deletes()
                && (policy.retentionMs().isPresent() || policy.retentionBytes().isPresent());
    }

    private boolean isFollowed(HotPartition hot) {
        return followedTo.getOrDefault(hot.id(), -1L) >= hot.logStart();
    }

    /// @return true when it moved: the round looks at the partition again, as it is then
    private boolean moveLogStart(HotPartition hot)
            throws ObjectStoreException, CommandFailedException {
        if (!isLimited(hot)) {
            return false;
        }
        PartitionManifest manifest = book.current(hot).orElse(null);
        if (manifest == null || manifest.segments() == 0) {
            return false;
        }
        StoreClock.Seen seen = storeClock.within(context.settings().cleaning().retentionCheckMs());
        boolean timeStands = seen.skewMs() > context.settings().cleaning().clockSkewMaxMs();
        if (timeStands) {
            LOG.warn(
                    "time retention pauses, clocks differ: partition={}, storeMs={}, ownMs={}",
                    hot.id(),
                    seen.storeMs(),
                    seen.ownMs());
        }
        long nowMs = Math.min(context.clock().millis(), seen.storeMs());
        long logStart =
                new RetentionRule(policies.of(hot.id()), nowMs, timeStands)
                        .logStart(
                                manifest,
                                hot.unarchivedBytes(),
                                page -> book.page(manifest, page).rows());
        if (logStart <= hot.logStart() || logStart > hot.archivedEnd()) {
            return false;
        }
        source.moveLogStart(hot.id(), logStart);
        round.remove();
        source.partitions().stream()
                .filter(now -> now.id().equals(hot.id()))
                .findFirst()
                .ifPresent(round::addFirst);
        return true;
    }

    private void follow(HotPartition hot) throws ObjectStoreException {
        if (isFollowed(hot) || !hot.manifest().exists()) {
            return;
        }
        PartitionManifest manifest = book.ofThisGeneration(hot);
        if (manifest.logStart() < hot.logStart()) {
            // whoever wins the version, the next round sees whether it holds this log start
            book.commit(
                    manifest,
                    List.of(
                            new ManifestDelta.MoveLogStart(
                                    hot.logStart(), REASON, book.deleteAfterMs())));
            manifest = book.current(hot).orElse(manifest);
        }
        followedTo.put(hot.id(), manifest.logStart());
    }
}
