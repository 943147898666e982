// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.ClusterIdentity;
import io.varve.manifest.generation.Cut;
import io.varve.manifest.generation.GenerationClaim;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.Finding.Kind;
import io.varve.recovery.Finding.Severity;
import io.varve.recovery.RecoveryException;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Reads whose bucket this is and which lives the cluster had, and says what is wrong with these
/// documents. One instance per look. Owner: the audit's thread.
final class LivesAudit {
    private final AuditPass pass;
    private final TreeMap<Integer, GenerationClaim> claims = new TreeMap<>();
    private final TreeMap<Integer, Cut> cuts = new TreeMap<>();
    private final TreeMap<Integer, Long> cutAtMs = new TreeMap<>();
    private final TreeSet<Integer> claimed = new TreeSet<>();
    private final TreeSet<Integer> cutThere = new TreeSet<>();
    private final TreeSet<Integer> founded = new TreeSet<>();
    private final TreeMap<Integer, Long> aliveAtMs = new TreeMap<>();
    private final TreeSet<Integer> named = new TreeSet<>();

    LivesAudit(AuditPass pass) {
        this.pass = pass;
    }

    /// @throws RecoveryException the bucket holds no cluster
    Lives read() throws ObjectStoreException, RecoveryException {
        String clusterId = identity();
        for (ObjectInfo object : WholeObjects.list(pass.store(), BucketKeys.CLAIMS_PREFIX)) {
            pass.saw(object);
            document(object);
        }
        if (clusterId == null && named.isEmpty()) {
            throw new RecoveryException(
                    "bucket holds no cluster: bucket="
                            + pass.store().url()
                            + ", missing=varve.json; check the URL and its prefix");
        }
        missingClaims();
        int current = current();
        return Lives.of(
                clusterId,
                current,
                lived(current),
                cutAtMs,
                List.copyOf(named),
                aliveAtMs.getOrDefault(current, 0L));
    }

    private @Nullable String identity() throws ObjectStoreException {
        String key = BucketKeys.varveJson();
        Reading<Optional<ClusterIdentity>> reading =
                Reading.of(Kind.CRC_MISMATCH, () -> ClusterFiles.identity(pass.store()));
        return switch (reading) {
            case Reading.Whole<Optional<ClusterIdentity>>(Optional<ClusterIdentity> found) -> {
                if (found.isEmpty()) {
                    pass.add(
                            AuditFinding.of(
                                    Kind.MISSING_OBJECT,
                                    Severity.LOST,
                                    key,
                                    "nothing says whose bucket this is"));
                }
                yield found.map(ClusterIdentity::clusterId).orElse(null);
            }
            case Reading.Bad<Optional<ClusterIdentity>> bad -> {
                pass.add(bad.finding(key, true));
                yield null;
            }
        };
    }

    private void document(ObjectInfo object) throws ObjectStoreException {
        String key = object.key();
        long atMs = object.lastModified().toEpochMilli();
        switch (BucketKeys.parse(key)) {
            case ObjectName.Claim name -> {
                claimed.add(name.generation());
                named.add(name.generation());
                read(key, false, () -> ClusterFiles.claim(pass.store(), name.generation()))
                        .flatMap(claim -> claim)
                        .ifPresent(claim -> claims.put(name.generation(), claim));
            }
            case ObjectName.CutOf name -> {
                cutThere.add(name.generation());
                named.add(name.generation());
                cutAtMs.put(name.generation(), atMs);
                read(key, true, () -> ClusterFiles.cut(pass.store(), name.generation()))
                        .flatMap(cut -> cut)
                        .ifPresent(cut -> cuts.put(name.generation(), cut));
            }
            case ObjectName.Founder name -> {
                founded.add(name.generation());
                named.add(name.generation());
                read(key, false, () -> ClusterFiles.founder(pass.store(), name.generation()));
            }
            case ObjectName.Alive name -> {
                named.add(name.generation());
                aliveAtMs.merge(name.generation(), atMs, Math::max);
                read(key, false, () -> Optional.of(ClusterFiles.alive(pass.store(), key)));
            }
            default -> pass.foreign(object);
        }
    }

    private <T> Optional<Optional<T>> read(
            String key, boolean needed, Reading.Read<Optional<T>> read)
            throws ObjectStoreException {
        return switch (Reading.of(Kind.CRC_MISMATCH, read)) {
            case Reading.Whole<Optional<T>>(Optional<T> value) -> Optional.of(value);
            case Reading.Bad<Optional<T>> bad -> {
                pass.add(bad.finding(key, needed));
                yield Optional.empty();
            }
        };
    }

    /// Generations are numbered without a hole, and whoever opens one says so first.
    private void missingClaims() {
        int newest = named.isEmpty() ? 1 : Math.max(1, named.last());
        for (int generation = 1; generation <= newest; generation++) {
            if (!claimed.contains(generation)) {
                pass.add(
                        AuditFinding.of(
                                Kind.MISSING_OBJECT,
                                Severity.WARNING,
                                BucketKeys.claim(generation),
                                "claim of a generation is missing"));
            }
            if (aliveAtMs.containsKey(generation) && !founded.contains(generation)) {
                pass.add(
                        AuditFinding.of(
                                Kind.MISSING_OBJECT,
                                Severity.WARNING,
                                BucketKeys.founder(generation),
                                "brokers lived in a generation and nothing says who opened it"));
            }
        }
        cuts.forEach((generation, cut) -> {
            GenerationClaim claim = claims.get(generation);
            if (claim != null && claim.fromGeneration() != cut.fromGeneration()) {
                pass.add(
                        AuditFinding.of(
                                Kind.TWO_GENERATIONS,
                                Severity.CORRUPT,
                                BucketKeys.cut(generation),
                                "claim and cut of a generation go on from different ones: claimed="
                                        + claim.fromGeneration()
                                        + ", cut="
                                        + cut.fromGeneration()));
            }
        });
    }

    private int current() throws ObjectStoreException {
        int current = 1;
        for (int generation : named.tailSet(2, true)) {
            if (cutThere.contains(generation)) {
                Cut cut = cuts.get(generation);
                current = cut != null && cut.withdrawn() != null ? current : generation;
            } else if (isOpened(generation) || generation != named.last()) {
                current = isOpened(generation) ? generation : current;
                pass.add(
                        AuditFinding.of(
                                Kind.MISSING_OBJECT,
                                Severity.LOST,
                                BucketKeys.cut(generation),
                                "cut of a generation is missing: what was restored into it is not"
                                        + " known"));
            } else {
                pass.add(
                        AuditFinding.of(
                                Kind.UNFINISHED_GENERATION,
                                Severity.WARNING,
                                BucketKeys.claim(generation),
                                "a restore was begun and has put no cut yet: generation="
                                        + generation));
            }
        }
        return current;
    }

    private boolean isOpened(int generation) throws ObjectStoreException {
        return founded.contains(generation)
                || aliveAtMs.containsKey(generation)
                || WholeObjects.list(pass.store(), BucketKeys.shardsPrefix(generation)).stream()
                        .anyMatch(object ->
                                BucketKeys.parse(object.key()) instanceof ObjectName.Journal);
    }

    private TreeMap<Integer, Cut> lived(int current) {
        TreeMap<Integer, Cut> lived = new TreeMap<>(cuts.headMap(current, true));
        lived.values().removeIf(cut -> cut.withdrawn() != null);
        return lived;
    }
}
