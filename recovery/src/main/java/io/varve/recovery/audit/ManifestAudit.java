// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.generation.Cut;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.partition.ManifestCodec;
import io.varve.manifest.partition.ManifestStore;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.state.PartitionState.ManifestRef;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.Finding.Kind;
import io.varve.recovery.Finding.Severity;
import io.varve.recovery.ParallelReads;
import io.varve.recovery.audit.PartitionListing.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Reads the manifest of a partition that counts, and looks at the versions around it. One instance
/// per partition and look. Owner: the thread that audits the partition.
final class ManifestAudit {
    private static final int WINDOW = 64;

    private final AuditPass pass;
    private final Lives lives;
    private final PartitionListing listing;
    private final Optional<ManifestRef> known;
    private boolean namesUnknown;

    /// @param known the version that the partition's shard knows; empty when no shard knows the
    ///   partition
    ManifestAudit(
            AuditPass pass, Lives lives, PartitionListing listing, Optional<ManifestRef> known) {
        this.pass = pass;
        this.lives = lives;
        this.listing = listing;
        this.known = known;
    }

    /// Whether a version that may name more cannot be read.
    boolean namesUnknown() {
        return namesUnknown;
    }

    private record Read(PartitionManifest manifest, byte[] bytes) {}

    /// The version that counts; when it is damaged, the one before.
    Optional<PartitionManifest> read() throws ObjectStoreException {
        behindCuts();
        Version newest = newest();
        if (newest == null) {
            return Optional.empty();
        }
        readOthers(newest);
        return switch (read(newest)) {
            case Reading.Whole<Read>(Read read) -> {
                PartitionManifest manifest = read.manifest();
                List<AuditFinding> wrong = ManifestChecks.of(manifest, lives.leftOut(listing.id()));
                pass.addAll(wrong);
                if (wrong.isEmpty()) {
                    checkRest(newest, read.bytes());
                }
                lookBack(newest, manifest);
                yield Optional.of(manifest);
            }
            case Reading.Bad<Read> bad -> {
                namesUnknown = true;
                pass.add(about(bad.finding(listing.manifestKey(newest), true)));
                yield fallBack(newest);
            }
        };
    }

    private AuditFinding about(AuditFinding finding) {
        return finding.about(listing.topicName(), listing.id());
    }

    /// The newest one of this generation; if it wrote none, exactly the older one that its cut
    /// named.
    private @Nullable Version newest() {
        Version from = new Version(lives.current(), 0);
        Version to = new Version(lives.current() + 1, 0);
        var own = listing.versions().subMap(from, to);
        Version wanted = known.filter(ManifestRef::exists).map(ManifestAudit::version).orElse(null);
        if (!own.isEmpty()) {
            Version last = own.lastKey();
            if (wanted != null && wanted.compareTo(last) > 0) {
                missing(wanted);
            }
            return last;
        }
        if (wanted == null && known.isEmpty()) {
            wanted =
                    lives.row(lives.current(), listing.id())
                            .filter(row -> row.manifestVersion() > 0)
                            .map(row ->
                                    new Version(row.manifestGeneration(), row.manifestVersion()))
                            .orElse(null);
        }
        if (wanted == null || listing.versions().containsKey(wanted)) {
            return wanted;
        }
        missing(wanted);
        return listing.versions().floorKey(wanted);
    }

    private static Version version(ManifestRef ref) {
        return new Version(ref.generation(), ref.version());
    }

    private void missing(Version version) {
        namesUnknown = true;
        pass.add(
                about(
                        AuditFinding.of(
                                Kind.MISSING_OBJECT,
                                Severity.LOST,
                                listing.manifestKey(version),
                                "manifest version that the shard knows is not there")));
    }

    private Reading<Read> read(Version version) throws ObjectStoreException {
        String key = listing.manifestKey(version);
        return Reading.of(
                Kind.UNREADABLE_MANIFEST,
                () -> {
                    byte[] bytes = WholeObjects.read(pass.store(), key);
                    PartitionManifest manifest =
                            ManifestStore.requireIdentity(
                                    ManifestCodec.decodeUnchecked(bytes, key),
                                    key,
                                    listing.topicName(),
                                    listing.id(),
                                    new ManifestRef(version.generation(), version.version()));
                    return new Read(manifest, bytes);
                });
    }

    /// Invariants that have no finding of their own.
    private void checkRest(Version version, byte[] bytes) throws ObjectStoreException {
        String key = listing.manifestKey(version);
        if (Reading.of(Kind.UNREADABLE_MANIFEST, () -> ManifestCodec.decode(bytes, key))
                instanceof Reading.Bad<PartitionManifest> bad) {
            pass.add(about(bad.finding(key, true)));
        }
    }

    private Optional<PartitionManifest> fallBack(Version newest) throws ObjectStoreException {
        Version before = listing.versions().lowerKey(newest);
        return before != null && read(before) instanceof Reading.Whole<Read>(Read read)
                ? Optional.of(read.manifest())
                : Optional.empty();
    }

    private void lookBack(Version newest, PartitionManifest manifest) throws ObjectStoreException {
        PartitionManifest.Previous previous = manifest.previous();
        if (newest.generation() == lives.current()) {
            holes(newest, manifest);
            if (newest.version() == 1 && !namesWhatTheCutSays(previous)) {
                pass.add(chain(newest, "first version does not go on from the one the cut names"));
                return;
            }
        }
        if (previous == null) {
            return;
        }
        Version before = new Version(previous.generation(), previous.version());
        String key = listing.manifestKey(before);
        if (!listing.versions().containsKey(before)) {
            boolean older = before.generation() < newest.generation();
            pass.add(
                    about(
                            AuditFinding.of(
                                    older ? Kind.MISSING_OBJECT : Kind.MANIFEST_VERSION_HOLE,
                                    Severity.WARNING,
                                    key,
                                    "the version before the newest one is not there")));
            return;
        }
        switch (read(before)) {
            case Reading.Bad<Read> bad -> pass.add(about(bad.finding(key, false)));
            case Reading.Whole<Read>(Read read) -> compare(newest, manifest, read, previous);
        }
    }

    private boolean namesWhatTheCutSays(PartitionManifest.@Nullable Previous previous) {
        Optional<Cut.PartitionCut> row = lives.row(lives.current(), listing.id());
        if (row.isEmpty()) {
            return true;
        }
        return previous == null
                ? row.get().manifestVersion() == 0
                : previous.generation() == row.get().manifestGeneration()
                        && previous.version() == row.get().manifestVersion();
    }

    private AuditFinding chain(Version newest, String fact) {
        return about(
                AuditFinding.of(
                        Kind.MANIFEST_CHAIN_BROKEN,
                        Severity.CORRUPT,
                        listing.manifestKey(newest),
                        fact));
    }

    private void compare(
            Version newest,
            PartitionManifest manifest,
            Read before,
            PartitionManifest.Previous previous) {
        PartitionManifest older = before.manifest();
        if (ManifestCodec.crc(older) != previous.crc()) {
            pass.add(chain(newest, "the version before is not the one that this one replaced"));
        }
        if (older.generation() != manifest.generation()) {
            return;
        }
        if (manifest.rank().compareTo(older.rank()) < 0) {
            pass.add(
                    about(
                            AuditFinding.of(
                                    Kind.RANK_REGRESSION,
                                    Severity.CORRUPT,
                                    listing.manifestKey(newest),
                                    "rank goes back: rank="
                                            + manifest.rank()
                                            + ", before="
                                            + older.rank()
                                            + ", key="
                                            + listing.manifestKey(newest))));
        }
        if (manifest.logStart() < older.logStart()
                || manifest.archivedEnd() < older.archivedEnd()) {
            pass.add(
                    chain(newest, "log start or archived end goes back")
                            .offsets(manifest.logStart(), manifest.archivedEnd()));
        }
    }

    private long doomedUpTo(PartitionManifest manifest) {
        long upTo = 0;
        for (DoomedObject object : manifest.doomed()) {
            if (BucketKeys.parse(object.key()) instanceof ObjectName.Manifest name
                    && name.generation() == manifest.generation()) {
                upTo = Math.max(upTo, name.version());
            }
        }
        return upTo;
    }

    /// Versions are numbered without a hole behind those that may go.
    private void holes(Version newest, PartitionManifest manifest) {
        var own =
                listing.versions()
                        .subMap(new Version(newest.generation(), 0), true, newest, true)
                        .keySet();
        long before = Math.max(own.iterator().next().version() - 1, doomedUpTo(manifest));
        for (Version version : own) {
            if (version.version() <= before) {
                continue;
            }
            long missing = before + 1;
            if (version.version() > missing && missing < newest.version() - 1) {
                String key = listing.manifestKey(new Version(newest.generation(), missing));
                pass.add(
                        about(
                                AuditFinding.of(
                                        Kind.MANIFEST_VERSION_HOLE,
                                        Severity.WARNING,
                                        key,
                                        "manifest versions are missing: key="
                                                + key
                                                + ", until="
                                                + version.version())));
            }
            before = version.version();
        }
    }

    /// What an old leader added behind a cut does not count.
    private void behindCuts() {
        TreeSet<Integer> generations = new TreeSet<>();
        listing.versions().keySet().forEach(version -> generations.add(version.generation()));
        for (int generation : generations.headSet(lives.current())) {
            Optional<Cut.PartitionCut> row =
                    lives.after(generation).flatMap(next -> lives.row(next, listing.id()));
            if (row.isEmpty()) {
                continue;
            }
            long named =
                    row.get().manifestGeneration() == generation ? row.get().manifestVersion() : 0;
            Version behind = listing.versions().higherKey(new Version(generation, named));
            if (behind != null && behind.generation() == generation) {
                pass.add(
                        about(
                                AuditFinding.of(
                                        Kind.TWO_GENERATIONS,
                                        Severity.WARNING,
                                        listing.manifestKey(behind),
                                        "manifest version behind the cut does not count: key="
                                                + listing.manifestKey(behind)
                                                + ", cutNames="
                                                + named)));
            }
        }
    }

    /// Versions that nobody reads any more are read when every byte is.
    private void readOthers(Version newest) throws ObjectStoreException {
        List<Version> others = new ArrayList<>();
        for (Version version : listing.versions().keySet()) {
            boolean next =
                    version.equals(newest)
                            || (version.generation() == newest.generation()
                                    && version.version() == newest.version() - 1);
            if (!next && pass.readsWhole(listing.manifestKey(version))) {
                others.add(version);
            }
        }
        for (int from = 0; from < others.size(); from += WINDOW) {
            List<Version> window = others.subList(from, Math.min(others.size(), from + WINDOW));
            List<Reading<Read>> readings = ParallelReads.map(window, this::read);
            for (int i = 0; i < window.size(); i++) {
                if (readings.get(i) instanceof Reading.Bad<Read> bad
                        && bad.kind() != Kind.MISSING_OBJECT) {
                    pass.add(about(bad.finding(listing.manifestKey(window.get(i)), false)));
                }
            }
        }
    }
}
