// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.CheckpointStore;
import io.varve.manifest.generation.Cut;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.pack.PackFacts;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.pack.PackKind;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.Finding.Kind;
import io.varve.recovery.Finding.Severity;
import io.varve.recovery.ParallelReads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/// What is left of shards of older generations, and of incarnations that an interrupted restore
/// made. What no checkpoint of the current generation names nobody needs: brokers look for it daily
/// and doom it, so it is an orphan only when it stays. Owner: the audit's thread.
final class LeftShardsAudit {
    /// Brokers look for such objects every day, once they have checkpoints of their own.
    private static final Duration SEARCHED_WITHIN = Duration.ofDays(2);

    private static final int WINDOW = 64;

    private final AuditPass pass;
    private final Lives lives;
    private final Kept kept;
    private final Set<String> settled;
    private final PackAudit packs;

    /// @param settled keys that a checkpoint of the current generation names or dooms
    LeftShardsAudit(AuditPass pass, Lives lives, Kept kept, Set<String> settled) {
        this.pass = pass;
        this.lives = lives;
        this.kept = kept;
        this.settled = settled;
        this.packs = new PackAudit(pass);
    }

    void look(ShardListing listing) throws ObjectStoreException {
        if (listing.shard().generation() > lives.current()) {
            return; // of a restore that is not done: said with its claim
        }
        List<ObjectInfo> all = new ArrayList<>(listing.checkpoints());
        all.addAll(listing.journals());
        all.addAll(listing.rollUps());
        List<ObjectInfo> open = new ArrayList<>();
        for (ObjectInfo object : all) {
            if (!settled.contains(object.key())) {
                open.add(object);
                lookForOrphan(listing.shard(), object);
            }
        }
        if (pass.opensPacks()) {
            for (int from = 0; from < open.size(); from += WINDOW) {
                ParallelReads.map(
                        open.subList(from, Math.min(open.size(), from + WINDOW)), this::read);
            }
            lookBehindEnd(listing);
        }
    }

    private void lookForOrphan(ShardId shard, ObjectInfo object) {
        if (kept.keeps(object.key())) {
            return;
        }
        long sinceMs =
                Math.max(
                        object.lastModified().toEpochMilli(),
                        lives.cutAtMs().getOrDefault(lives.current(), 0L));
        long livedMs = Math.min(pass.nowMs(), lives.livedUntilMs());
        if (livedMs - sinceMs > SEARCHED_WITHIN.toMillis() + pass.options().grace().toMillis()) {
            pass.add(
                    AuditFinding.of(
                                    Kind.ORPHAN,
                                    Severity.WARNING,
                                    object.key(),
                                    "left of a shard that another one carries on, and nothing needs"
                                            + " it: key="
                                            + object.key()
                                            + ", carriedOnBy="
                                            + lives.carriedOnBy(shard)
                                                    .map(ShardId::toString)
                                                    .orElse("none"))
                            .bytes(object.bytes()));
        }
    }

    /// @return nothing of interest
    private boolean read(ObjectInfo object) throws ObjectStoreException {
        String key = object.key();
        if (BucketKeys.parse(key) instanceof ObjectName.Checkpoint name) {
            if (pass.readsWhole(key)) {
                note(
                        object,
                        Reading.of(
                                Kind.UNREADABLE_CHECKPOINT,
                                () ->
                                        CheckpointStore.read(
                                                pass.store(), name.shard(), name.index())));
            }
            return true;
        }
        Reading<PackIndex> index = packs.open(key, object.bytes(), OptionalLong.empty());
        if (index instanceof Reading.Whole<PackIndex>(PackIndex whole)) {
            if (isAnother(key, whole.facts())) {
                pass.add(
                        AuditFinding.of(
                                        Kind.WRONG_IDENTITY,
                                        Severity.WARNING,
                                        key,
                                        LiveShardAudit.another(key, whole.facts()))
                                .bytes(object.bytes()));
            } else if (pass.readsWhole(key)) {
                packs.readWhole(key, whole, false, section -> true);
            }
        }
        note(object, index);
        return true;
    }

    private boolean isAnother(String key, PackFacts facts) {
        ShardId shard =
                switch (BucketKeys.parse(key)) {
                    case ObjectName.Journal name -> name.shard();
                    case ObjectName.RollUp name -> name.shard();
                    default -> facts.shard();
                };
        String clusterId = lives.clusterId();
        return !shard.equals(facts.shard())
                || (clusterId != null && !clusterId.equals(facts.clusterId()))
                || (BucketKeys.parse(key) instanceof ObjectName.Journal name
                        && name.firstIndex() != facts.firstIndex());
    }

    private void note(ObjectInfo object, Reading<?> reading) {
        if (reading instanceof Reading.Bad<?> bad && bad.kind() != Kind.MISSING_OBJECT) {
            pass.add(
                    bad.finding(object.key(), kept.markers().containsKey(object.key()))
                            .bytes(object.bytes()));
        }
    }

    /// Journals that an old leader put behind END do not count.
    private void lookBehindEnd(ShardListing listing) throws ObjectStoreException {
        ShardId shard = listing.shard();
        Optional<Cut.ShardCut> row =
                lives.after(shard.generation()).flatMap(lives::cut).stream()
                        .flatMap(cut -> cut.shards().stream())
                        .filter(each -> each.from().equals(shard))
                        .findFirst();
        if (row.isEmpty()) {
            return;
        }
        String end = BucketKeys.journal(shard, row.get().endIndex());
        List<ObjectInfo> behind =
                listing.journals().stream()
                        .filter(object -> object.key().compareTo(end) > 0)
                        .filter(object -> !settled.contains(object.key()))
                        .toList();
        boolean ended =
                !behind.isEmpty()
                        && packs.open(end, 0, OptionalLong.empty())
                                instanceof Reading.Whole<PackIndex>(PackIndex index)
                        && index.facts().kind() == PackKind.END;
        for (ObjectInfo object : ended ? behind : List.<ObjectInfo>of()) {
            pass.add(
                    AuditFinding.of(
                                    Kind.TWO_GENERATIONS,
                                    Severity.WARNING,
                                    object.key(),
                                    "journal behind END does not count: key="
                                            + object.key()
                                            + ", end="
                                            + row.get().endIndex())
                            .bytes(object.bytes()));
        }
    }
}
