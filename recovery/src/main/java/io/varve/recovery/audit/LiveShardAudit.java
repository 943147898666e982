// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.CheckpointStore;
import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.checkpoint.JournalRef;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.pack.PackFacts;
import io.varve.manifest.pack.PackIndex;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.Finding.Kind;
import io.varve.recovery.Finding.Severity;
import io.varve.recovery.ParallelReads;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Looks at one shard of the current generation: its checkpoints, the journals that the newest one
/// names and those that follow on it. Owner: the audit's thread.
final class LiveShardAudit {
    private static final int WINDOW = 64;

    private final AuditPass pass;
    private final Lives lives;
    private final Kept kept;
    private final ShardListing listing;
    private final Map<String, ObjectInfo> listed;
    private final PackAudit packs;
    private final JournalFold fold;
    private final Map<String, DoomedObject> doomed = new HashMap<>();
    private final Set<String> named = new HashSet<>();
    private @Nullable String suspect;
    private boolean newestRead = true;

    /// @param listed objects of all shards by key
    LiveShardAudit(
            AuditPass pass,
            Lives lives,
            Kept kept,
            ShardListing listing,
            Map<String, ObjectInfo> listed) {
        this.pass = pass;
        this.lives = lives;
        this.kept = kept;
        this.listing = listing;
        this.listed = listed;
        this.packs = new PackAudit(pass);
        this.fold = new JournalFold(pass, listing.shard());
    }

    /// Keys that the newest checkpoint names.
    Set<String> named() {
        return named;
    }

    ShardState read() throws ObjectStoreException {
        ShardCheckpoint checkpoint = checkpoint();
        if (checkpoint != null) {
            fold.start(checkpoint);
            checkpoint.doomed().forEach(object -> doomed.put(object.key(), object));
            namedJournals(checkpoint.journals());
        }
        followingJournals();
        if (checkpoint != null && newestRead && pass.options().wholeBucket()) {
            overdue();
            orphans(checkpoint);
        }
        return new ShardState(
                listing.shard(),
                fold.endIndex(),
                suspect == null ? fold.suspect() : suspect,
                fold.partitions(),
                fold.closed(),
                doomed,
                listing.journals().stream()
                        .filter(object -> doomed.containsKey(object.key()))
                        .toList());
    }

    private @Nullable ShardCheckpoint checkpoint() throws ObjectStoreException {
        ShardCheckpoint usable = null;
        List<AuditFinding> passedOver = new ArrayList<>();
        List<ObjectInfo> newestFirst = listing.checkpoints().reversed();
        for (int i = 0; i < newestFirst.size(); i++) {
            String key = newestFirst.get(i).key();
            boolean wanted =
                    usable == null
                            || (i == 1 && pass.opensPacks())
                            || (pass.readsWhole(key) && !isDoomedBy(usable, key));
            if (!wanted) {
                continue;
            }
            Reading<ShardCheckpoint> reading = checkpoint(key);
            if (reading instanceof Reading.Bad<ShardCheckpoint> bad) {
                passedOver.add(bad.finding(key, usable == null).bytes(newestFirst.get(i).bytes()));
                newestRead &= i > 0;
            } else if (usable == null
                    && reading instanceof Reading.Whole<ShardCheckpoint>(var whole)) {
                usable = whole;
            }
        }
        boolean harmless = usable != null || (isBornHere() && startsAtZero());
        for (AuditFinding finding : passedOver) {
            pass.add(harmless ? asWarning(finding) : finding);
        }
        if (usable == null && !harmless) {
            missing(newestFirst);
        } else if (usable != null) {
            secondMissing(usable);
        }
        return usable;
    }

    private Reading<ShardCheckpoint> checkpoint(String key) throws ObjectStoreException {
        if (!(BucketKeys.parse(key) instanceof ObjectName.Checkpoint name)) {
            throw new IllegalStateException("no checkpoint: key=" + key);
        }
        Reading<ShardCheckpoint> reading =
                Reading.of(
                        Kind.UNREADABLE_CHECKPOINT,
                        () -> CheckpointStore.read(pass.store(), name.shard(), name.index()));
        String clusterId = lives.clusterId();
        if (reading instanceof Reading.Whole<ShardCheckpoint>(ShardCheckpoint whole)
                && clusterId != null
                && !clusterId.equals(whole.clusterId())) {
            return new Reading.Bad<>(
                    Kind.WRONG_IDENTITY, "checkpoint of another cluster: key=" + key);
        }
        return reading;
    }

    private static boolean isDoomedBy(ShardCheckpoint checkpoint, String key) {
        return checkpoint.doomed().stream().anyMatch(object -> object.key().equals(key));
    }

    /// Whether its history begins with its own first journal, and not with what a restore brought:
    /// in the first generation, and where a shard came later.
    private boolean isBornHere() {
        int generation = listing.shard().generation();
        return generation == 1
                || lives.cut(generation)
                        .filter(cut ->
                                cut.shards().stream()
                                        .noneMatch(row -> row.to().equals(listing.shard())))
                        .isPresent();
    }

    private boolean startsAtZero() {
        return listing.journals().isEmpty()
                || listing.journals()
                        .getFirst()
                        .key()
                        .equals(BucketKeys.journal(listing.shard(), 0));
    }

    private static AuditFinding asWarning(AuditFinding finding) {
        return new AuditFinding(
                finding.kind(),
                Severity.WARNING,
                finding.key(),
                finding.topic(),
                finding.partition(),
                finding.baseOffset(),
                finding.endOffset(),
                finding.bytes(),
                finding.message() + "; another checkpoint and the journals behind it give the same",
                finding.remedy());
    }

    private void missing(List<ObjectInfo> damaged) {
        ShardId shard = listing.shard();
        if (!damaged.isEmpty() || !isBornHere()) {
            fold.startUnknown();
        }
        if (!damaged.isEmpty()) {
            suspect = damaged.getFirst().key();
        } else if (isBornHere()) {
            // a journal is missing in front: said below, by its key
            suspect = BucketKeys.journal(shard, 0);
        } else {
            suspect = BucketKeys.checkpoint(shard, 0);
            pass.add(
                    AuditFinding.of(
                            Kind.MISSING_CHECKPOINT,
                            Severity.LOST,
                            BucketKeys.checkpoint(shard, 0),
                            "shard of a restored generation has no checkpoint: shard=" + shard));
        }
    }

    /// Two are kept: when older ones went, that was because there were two newer ones.
    private void secondMissing(ShardCheckpoint usable) {
        boolean hadMore =
                usable.doomed().stream()
                        .anyMatch(object ->
                                BucketKeys.parse(object.key()) instanceof ObjectName.Checkpoint name
                                        && name.shard().equals(listing.shard()));
        if (hadMore && listing.checkpoints().size() < 2) {
            String prefix = BucketKeys.checkpointPrefix(listing.shard());
            pass.add(
                    AuditFinding.of(
                            Kind.MISSING_CHECKPOINT,
                            Severity.WARNING,
                            prefix,
                            "only one checkpoint of two is there: key="
                                    + BucketKeys.checkpoint(listing.shard(), usable.endIndex())));
        }
    }

    private void namedJournals(List<JournalRef> refs) throws ObjectStoreException {
        refs.forEach(ref -> named.add(ref.key()));
        for (JournalRef ref : refs) {
            if (doomed.containsKey(ref.key())) {
                pass.add(
                        AuditFinding.of(
                                        Kind.NAMED_BUT_DOOMED,
                                        Severity.CORRUPT,
                                        ref.key(),
                                        "checkpoint needs a journal and dooms it")
                                .bytes(ref.bytes()));
            }
        }
        for (int from = 0; from < refs.size(); from += WINDOW) {
            List<JournalRef> window = refs.subList(from, Math.min(refs.size(), from + WINDOW));
            List<Optional<PackIndex>> indexes = ParallelReads.map(window, this::named);
            for (Optional<PackIndex> index : indexes) {
                index.ifPresent(fold::needed);
            }
        }
        for (JournalRef ref : refs) {
            if (!listed.containsKey(ref.key()) && suspect == null) {
                suspect = ref.key();
            }
        }
    }

    private Optional<PackIndex> named(JournalRef ref) throws ObjectStoreException {
        String key = ref.key();
        ObjectInfo there = listed.get(key);
        if (there == null) {
            pass.add(
                    AuditFinding.of(
                            Kind.MISSING_OBJECT,
                            Severity.LOST,
                            key,
                            "journal that the newest checkpoint needs is not there"));
            return Optional.empty();
        }
        if (!pass.opensPacks()) {
            if (there.bytes() != ref.bytes()) {
                pass.add(sizeMismatch(there, ref.bytes()));
            }
            return Optional.empty();
        }
        Reading<PackIndex> reading = packs.open(key, there.bytes(), OptionalLong.of(ref.bytes()));
        return switch (reading) {
            case Reading.Bad<PackIndex> bad -> {
                pass.add(bad.finding(key, true).bytes(there.bytes()));
                fold.suspects(key);
                yield Optional.empty();
            }
            case Reading.Whole<PackIndex>(PackIndex index) -> {
                PackFacts facts = index.facts();
                if (!isOfItsShard(key, facts)
                        || facts.firstIndex() != ref.firstIndex()
                        || facts.endIndex() != ref.endIndex()) {
                    pass.add(wrong(key, facts));
                    fold.suspects(key);
                    yield Optional.empty();
                }
                if (index.objectBytes() != ref.bytes()) {
                    pass.add(sizeMismatch(there, ref.bytes()));
                }
                readWhole(key, index);
                yield Optional.of(index);
            }
        };
    }

    private void readWhole(String key, PackIndex index) throws ObjectStoreException {
        if (pass.readsWhole(key)) {
            packs.readWhole(
                    key, index, true, section -> pass.options().covers(section.topicName()));
        }
    }

    private static AuditFinding sizeMismatch(ObjectInfo there, long expected) {
        return AuditFinding.of(
                        Kind.SIZE_MISMATCH,
                        Severity.CORRUPT,
                        there.key(),
                        "object has another size than the one that is named: key="
                                + there.key()
                                + ", bytes="
                                + there.bytes()
                                + ", expectedBytes="
                                + expected)
                .bytes(there.bytes());
    }

    /// Of this cluster and of the shard of its key, which may be of an older generation.
    private boolean isOfItsShard(String key, PackFacts facts) {
        String clusterId = lives.clusterId();
        boolean shard =
                switch (BucketKeys.parse(key)) {
                    case ObjectName.Journal name -> name.shard().equals(facts.shard());
                    case ObjectName.RollUp name -> name.shard().equals(facts.shard());
                    default -> false;
                };
        return shard && (clusterId == null || clusterId.equals(facts.clusterId()));
    }

    private static AuditFinding wrong(String key, PackFacts facts) {
        return AuditFinding.of(Kind.WRONG_IDENTITY, Severity.CORRUPT, key, another(key, facts));
    }

    static String another(String key, PackFacts facts) {
        return "pack is another one than its key says: key=" + key + ", facts=" + facts;
    }

    private void followingJournals() throws ObjectStoreException {
        long from = fold.endIndex();
        List<ObjectInfo> following =
                listing.journals().stream()
                        .filter(object ->
                                !named.contains(object.key())
                                        && !doomed.containsKey(object.key())
                                        && firstIndexOf(object) >= from)
                        .toList();
        if (!pass.opensPacks()) {
            if (!following.isEmpty()) {
                fold.follows(firstIndexOf(following.getFirst()));
            }
            return;
        }
        for (int at = 0; at < following.size(); at += WINDOW) {
            List<ObjectInfo> window =
                    following.subList(at, Math.min(following.size(), at + WINDOW));
            List<Reading<PackIndex>> readings = ParallelReads.map(window, this::following);
            for (int i = 0; i < window.size(); i++) {
                fold.next(window.get(i), firstIndexOf(window.get(i)), readings.get(i));
            }
        }
    }

    private Reading<PackIndex> following(ObjectInfo object) throws ObjectStoreException {
        Reading<PackIndex> reading = packs.open(object.key(), object.bytes(), OptionalLong.empty());
        if (reading instanceof Reading.Whole<PackIndex>(PackIndex index)) {
            if (!isOfItsShard(object.key(), index.facts())
                    || index.facts().firstIndex() != firstIndexOf(object)) {
                return new Reading.Bad<>(Kind.WRONG_IDENTITY, another(object.key(), index.facts()));
            }
            readWhole(object.key(), index);
        }
        return reading;
    }

    private static long firstIndexOf(ObjectInfo object) {
        return BucketKeys.parse(object.key()) instanceof ObjectName.Journal name
                ? name.firstIndex()
                : -1;
    }

    private void overdue() {
        doomed.forEach((key, object) -> {
            ObjectInfo there = listed.get(key);
            if (there != null
                    && !kept.keeps(key)
                    && pass.isOverdue(object.deleteAfterMs(), lives)) {
                pass.add(
                        AuditFinding.of(
                                        Kind.DOOMED_OVERDUE,
                                        Severity.WARNING,
                                        key,
                                        "doomed object is still there: key="
                                                + key
                                                + ", reason="
                                                + object.reason()
                                                + ", since="
                                                + java.time.Instant.ofEpochMilli(
                                                        object.deleteAfterMs()))
                                .bytes(there.bytes()));
            }
        });
    }

    /// What the newest checkpoint neither names nor dooms, and nothing that follows on it.
    private void orphans(ShardCheckpoint checkpoint) {
        List<ObjectInfo> unnamed = new ArrayList<>(listing.rollUps());
        int checkpoints = listing.checkpoints().size();
        unnamed.addAll(listing.checkpoints().subList(0, Math.max(0, checkpoints - 2)));
        listing.journals().stream()
                .filter(object -> firstIndexOf(object) < checkpoint.endIndex())
                .forEach(unnamed::add);
        for (ObjectInfo object : unnamed) {
            String key = object.key();
            if (!named.contains(key)
                    && !doomed.containsKey(key)
                    && !kept.keeps(key)
                    && pass.isOld(object.lastModified().toEpochMilli())) {
                pass.add(
                        AuditFinding.of(
                                        Kind.ORPHAN,
                                        Severity.WARNING,
                                        key,
                                        "the newest checkpoint neither names nor dooms it")
                                .bytes(object.bytes()));
            }
        }
    }
}
