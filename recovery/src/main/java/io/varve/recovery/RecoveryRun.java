// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.ShardId;
import io.varve.manifest.VersionTooNewException;
import io.varve.manifest.checkpoint.CheckpointStore;
import io.varve.manifest.checkpoint.JournalRef;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.generation.BrokerAlive;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.Cut;
import io.varve.manifest.generation.GenerationClaim;
import io.varve.manifest.generation.NestedClusters;
import io.varve.manifest.generation.NestedClusters.Neighbour;
import io.varve.manifest.state.PartitionState;
import io.varve.manifest.whole.PutOnce;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Restores a cluster into the next generation: check, claim, close the journals, write the first
/// checkpoints, put the cut.
///
/// Every step is a put-if-absent that recognises itself or goes on from what another run has put,
/// so that a run that was interrupted anywhere is simply run again; until the cut is there nothing
/// can be opened. A first checkpoint that an earlier run left and that differs (old brokers wrote
/// manifests meanwhile) stays where it is: the shard gets a fresh incarnation, which only the cut
/// makes real. Nothing that was in the bucket before is changed or deleted.
///
/// Owner: the caller's thread.
public final class RecoveryRun {
    /// Abandoned attempts of one restore; more means that something else is wrong.
    static final int INCARNATIONS_MAX = 100;

    /// Signs of life younger than so many intervals count.
    private static final int INTERVALS_ALIVE = 3;

    private final ObjectStore store;
    private final RecoveryOptions options;
    private final InstantSource clock;
    private final Progress progress;

    /// Told of every step that is done, for people.
    @FunctionalInterface
    public interface Progress {
        void done(String step);
    }

    /// @param clock for times that are written for people
    public RecoveryRun(
            ObjectStore store, RecoveryOptions options, InstantSource clock, Progress progress) {
        this.store = store;
        this.options = options;
        this.clock = clock;
        this.progress = progress;
    }

    /// @throws RecoveryException refused: the old cluster lives, something is lost and that was not
    ///   accepted, or the generation was withdrawn
    /// @throws ObjectStoreException the store failed: run again
    public RecoveryReport run() throws ObjectStoreException, RecoveryException {
        try {
            return checkedRun();
        } catch (CorruptObjectException e) {
            throw RecoveryException.damaged(e);
        }
    }

    private RecoveryReport checkedRun() throws ObjectStoreException, RecoveryException {
        refuseNested();
        RecoveryPlan plan = RecoveryPlanner.plan(store, options.offsetGap());
        if (plan.prepared()) {
            return alreadyThere(plan);
        }
        refuseLoss(plan);
        refuseWhileAlive(plan.source());
        progress.done("checked: generation=" + plan.source() + ", topics=" + plan.topics().size());
        claim(plan);
        progress.done("claimed: generation=" + plan.target());
        close(plan);
        progress.done("journals closed: shards=" + plan.shards().size());
        RecoveryPlan closed = RecoveryPlanner.plan(store, options.offsetGap());
        if (closed.prepared()) {
            return alreadyThere(closed);
        }
        if (closed.target() != plan.target()) {
            throw new RecoveryException(
                    "another restore or a withdrawal got ahead, run again: claimed="
                            + plan.target()
                            + ", next="
                            + closed.target());
        }
        refuseLoss(closed);
        List<Cut.ShardCut> shards = writeCheckpoints(closed);
        progress.done("first checkpoints written: shards=" + shards.size());
        return decide(closed, shards);
    }

    /// No broker would start on it.
    private void refuseNested() throws ObjectStoreException, RecoveryException {
        Optional<Neighbour> neighbour = NestedClusters.find(store);
        if (neighbour.isPresent()) {
            throw new RecoveryException("cannot restore here: " + neighbour.get().text());
        }
    }

    private RecoveryReport alreadyThere(RecoveryPlan plan)
            throws ObjectStoreException, RecoveryException {
        Cut cut =
                ClusterFiles.cut(store, plan.source())
                        .orElseThrow(() ->
                                new RecoveryException("cut is gone: generation=" + plan.source()));
        progress.done("restore was ready already: generation=" + cut.generation());
        return RecoveryReport.of(
                RecoveryPlanner.planOf(store, cut),
                cut.generation(),
                cut.fromGeneration(),
                cut.loweredOffsets());
    }

    private void refuseLoss(RecoveryPlan plan) throws RecoveryException {
        List<Finding> lost = plan.lost();
        if (!lost.isEmpty() && !options.acceptLoss()) {
            throw new RecoveryException(
                    "not everything can be restored: findings="
                            + lost.size()
                            + ", first="
                            + lost.getFirst().kind().label()
                            + ": "
                            + lost.getFirst().message()
                            + "; see `varve recover plan`, and accept the loss to restore the rest");
        }
    }

    private void refuseWhileAlive(int generation) throws ObjectStoreException, RecoveryException {
        if (options.force()) {
            return;
        }
        List<ObjectInfo> signs = ClusterFiles.aliveOf(store, generation);
        if (signs.isEmpty()) {
            return;
        }
        Instant now = store.serverTime();
        Duration limit = options.aliveInterval().multipliedBy(INTERVALS_ALIVE);
        for (ObjectInfo sign : signs) {
            Duration age = Duration.between(sign.lastModified(), now);
            if (age.compareTo(limit) < 0) {
                throw new RecoveryException(
                        "old cluster lives: generation="
                                + generation
                                + ", broker="
                                + describe(sign.key())
                                + ", lastSignOfLife="
                                + age.toSeconds()
                                + " s ago; stop it and wait until "
                                + limit.toSeconds()
                                + " s have passed, or run with --force");
            }
        }
    }

    private String describe(String key) throws ObjectStoreException {
        String peer = key.substring(key.lastIndexOf('/') + 1);
        try {
            BrokerAlive alive = ClusterFiles.alive(store, key);
            return peer + " at " + alive.listeners();
        } catch (ObjectStoreException.NotFound
                | CorruptObjectException
                | VersionTooNewException e) {
            return peer;
        }
    }

    private void claim(RecoveryPlan plan) throws ObjectStoreException, RecoveryException {
        GenerationClaim claim =
                new GenerationClaim(
                        plan.target(),
                        plan.source(),
                        options.runner(),
                        "restore of the cluster",
                        clock.millis());
        if (ClusterFiles.claim(store, claim) instanceof PutOnce.Theirs<GenerationClaim>(var theirs)
                && theirs.fromGeneration() != plan.source()) {
            throw new RecoveryException(
                    "generation is claimed for something else: generation="
                            + plan.target()
                            + ", claimedBy="
                            + theirs.claimedBy()
                            + ", fromGeneration="
                            + theirs.fromGeneration()
                            + ", expected="
                            + plan.source());
        }
    }

    private void close(RecoveryPlan plan) throws ObjectStoreException, RecoveryException {
        for (ShardPlan shard : plan.shards()) {
            if (!shard.closed() && shard.closable()) {
                JournalCloser.close(
                        store,
                        plan.clusterId(),
                        shard.from(),
                        shard.closeIndex(),
                        options.runner(),
                        clock.millis());
            }
        }
    }

    private List<Cut.ShardCut> writeCheckpoints(RecoveryPlan plan)
            throws ObjectStoreException, RecoveryException {
        List<Cut.ShardCut> cuts = new ArrayList<>();
        for (ShardPlan shard : plan.shards()) {
            ShardId to = writeCheckpoint(shard);
            cuts.add(new Cut.ShardCut(shard.from(), shard.endIndex(), to));
        }
        return cuts;
    }

    private ShardId writeCheckpoint(ShardPlan plan) throws ObjectStoreException, RecoveryException {
        ShardCheckpoint first = plan.first();
        for (int incarnation = 0; incarnation < INCARNATIONS_MAX; incarnation++) {
            ShardId shard =
                    new ShardId(first.shard().generation(), first.shard().shard(), incarnation);
            try {
                AbortMarkers.Written markers =
                        AbortMarkers.put(
                                store,
                                first.clusterId(),
                                shard,
                                plan.openings(),
                                first.lastFrameTimeMs());
                if (!markers.theirs()
                        && CheckpointStore.put(store, of(first, shard, markers.ref()))
                                instanceof PutOnce.Ours<?>) {
                    return shard;
                }
            } catch (CorruptObjectException e) {
                progress.done(
                        "first checkpoint of an earlier attempt is damaged, passed over: shard="
                                + shard);
            }
        }
        throw new RecoveryException(
                "too many abandoned attempts: shard="
                        + first.shard()
                        + ", limit="
                        + INCARNATIONS_MAX);
    }

    private static ShardCheckpoint of(
            ShardCheckpoint first, ShardId shard, Optional<JournalRef> markers) {
        List<JournalRef> journals = new ArrayList<>(first.journals());
        markers.ifPresent(journals::add);
        return new ShardCheckpoint(
                first.clusterId(),
                shard,
                first.endIndex(),
                first.lastTerm(),
                first.lastFrameTimeMs(),
                first.partitions(),
                first.closed(),
                journals,
                first.doomed(),
                first.metadata());
    }

    private RecoveryReport decide(RecoveryPlan plan, List<Cut.ShardCut> shards)
            throws ObjectStoreException, RecoveryException {
        Cut cut =
                new Cut(
                        plan.target(),
                        plan.source(),
                        options.runner(),
                        clock.millis(),
                        shards,
                        plan.shards().stream()
                                .flatMap(shard -> shard.openings().stream())
                                .map(RecoveryRun::cutOf)
                                .toList(),
                        plan.firstProducerId(),
                        plan.lowered(),
                        null);
        Cut decided = ClusterFiles.decide(store, cut).value();
        Optional<String> withdrawn = Optional.ofNullable(decided.withdrawn());
        if (withdrawn.isPresent()) {
            throw new RecoveryException(
                    "generation was withdrawn: generation="
                            + plan.target()
                            + ", by="
                            + decided.createdBy()
                            + ", reason="
                            + withdrawn.get()
                            + "; run again to claim the next one");
        }
        progress.done("cut is there: generation=" + plan.target());
        return RecoveryReport.of(
                plan, decided.generation(), decided.fromGeneration(), decided.loweredOffsets());
    }

    private static Cut.PartitionCut cutOf(RestoredOpening opening) {
        PartitionState state = opening.restored();
        return new Cut.PartitionCut(
                state.id(),
                state.topicName(),
                state.manifest().generation(),
                state.manifest().version(),
                state.logStart(),
                opening.markersEnd(),
                state.baseEpoch(),
                opening.offsetGap());
    }
}
