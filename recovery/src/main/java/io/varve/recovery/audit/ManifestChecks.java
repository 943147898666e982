// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.partition.Gap;
import io.varve.manifest.partition.PageRef;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentEntry;
import io.varve.manifest.state.EpochStart;
import io.varve.recovery.Finding.Kind;
import io.varve.recovery.Finding.Severity;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What is wrong with one manifest by itself. Stateless.
final class ManifestChecks {
    private ManifestChecks() {}

    /// @param leftOut offsets that restores left unused
    static List<AuditFinding> of(PartitionManifest manifest, List<Gap> leftOut) {
        List<AuditFinding> findings = new ArrayList<>();
        String key =
                BucketKeys.manifest(
                        manifest.topicName(),
                        manifest.id(),
                        manifest.generation(),
                        manifest.version());
        if (manifest.logStart() > manifest.archivedEnd()) {
            findings.add(
                    about(
                                    manifest,
                                    Kind.END_BEFORE_START,
                                    Severity.CORRUPT,
                                    key,
                                    "archived end in front of the log start")
                            .offsets(manifest.logStart(), manifest.archivedEnd()));
        } else {
            cover(manifest, key, findings);
        }
        epochs(manifest, key, findings);
        doomed(manifest, findings);
        gaps(manifest, key, leftOut, findings);
        return findings;
    }

    private static AuditFinding about(
            PartitionManifest manifest, Kind kind, Severity severity, String key, String fact) {
        return AuditFinding.of(kind, severity, key, fact)
                .about(manifest.topicName(), manifest.id());
    }

    private record Piece(long base, long end) {}

    /// Pages, then rows, lie one behind the other from (at or below) the log start to the archived
    /// end.
    private static void cover(PartitionManifest manifest, String key, List<AuditFinding> findings) {
        List<Piece> rows = new ArrayList<>();
        for (SegmentEntry entry : manifest.entries()) {
            rows.add(new Piece(entry.baseOffset(), entry.endOffset()));
        }
        for (Gap gap : manifest.gaps()) {
            rows.add(new Piece(gap.baseOffset(), gap.endOffset()));
        }
        rows.sort(Comparator.comparingLong(Piece::base));
        List<Piece> pieces = new ArrayList<>();
        for (PageRef page : manifest.pages()) {
            pieces.add(new Piece(page.baseOffset(), page.endOffset()));
        }
        pieces.addAll(rows);
        long covered = manifest.logStart();
        boolean first = true;
        for (Piece piece : pieces) {
            if (piece.base() > covered) {
                findings.add(hole(manifest, key, covered, piece.base()));
            } else if (!first && piece.base() < covered) {
                findings.add(
                        about(
                                        manifest,
                                        Kind.OVERLAP,
                                        Severity.CORRUPT,
                                        key,
                                        "rows of the manifest overlap")
                                .offsets(piece.base(), Math.min(covered, piece.end())));
            }
            covered = Math.max(covered, piece.end());
            first = false;
        }
        if (covered < manifest.archivedEnd()) {
            findings.add(hole(manifest, key, covered, manifest.archivedEnd()));
        }
    }

    private static AuditFinding hole(PartitionManifest manifest, String key, long base, long end) {
        return about(
                        manifest,
                        Kind.GAP,
                        Severity.LOST,
                        key,
                        "no row of the manifest tells what holds these offsets")
                .offsets(base, end)
                .remedy(
                        "bring the manifest back from the store's own versions or a backup, else"
                                + " accept the loss");
    }

    private static void epochs(
            PartitionManifest manifest, String key, List<AuditFinding> findings) {
        EpochStart last = null;
        for (EpochStart epoch : manifest.epochStarts()) {
            if (last != null
                    && (epoch.epoch() <= last.epoch()
                            || epoch.startOffset() <= last.startOffset())) {
                findings.add(
                        about(
                                manifest,
                                Kind.EPOCH_REGRESSION,
                                Severity.CORRUPT,
                                key,
                                "leader epochs do not ascend: epoch="
                                        + epoch
                                        + ", before="
                                        + last
                                        + ", key="
                                        + key));
            }
            last = epoch;
        }
    }

    private static void doomed(PartitionManifest manifest, List<AuditFinding> findings) {
        Set<String> doomed = new HashSet<>();
        manifest.doomed().stream().map(DoomedObject::key).forEach(doomed::add);
        manifest.doomedPages()
                .forEach(page -> doomed.add(page.page().key(manifest.topicName(), manifest.id())));
        for (PageRef page : manifest.pages()) {
            named(manifest, doomed, page.key(manifest.topicName(), manifest.id()), findings);
        }
        for (SegmentEntry entry : manifest.entries()) {
            named(manifest, doomed, entry.key(manifest.topicName(), manifest.id()), findings);
        }
    }

    private static void named(
            PartitionManifest manifest,
            Set<String> doomed,
            String key,
            List<AuditFinding> findings) {
        if (doomed.contains(key)) {
            findings.add(
                    about(
                            manifest,
                            Kind.NAMED_BUT_DOOMED,
                            Severity.CORRUPT,
                            key,
                            "manifest serves from an object and dooms it: manifest="
                                    + manifest.ref()
                                    + ", key="
                                    + key));
        }
    }

    /// Gaps that say of themselves that records were lost.
    private static void gaps(
            PartitionManifest manifest,
            String key,
            List<Gap> leftOut,
            List<AuditFinding> findings) {
        for (Gap gap : manifest.gaps()) {
            boolean onPurpose =
                    gap.reason() != Gap.Reason.LOST
                            || leftOut.stream()
                                    .anyMatch(left ->
                                            left.baseOffset() <= gap.baseOffset()
                                                    && gap.endOffset() <= left.endOffset());
            if (!onPurpose) {
                findings.add(
                        about(
                                        manifest,
                                        Kind.GAP,
                                        Severity.WARNING,
                                        key,
                                        "manifest says that these offsets were lost")
                                .offsets(gap.baseOffset(), gap.endOffset()));
            }
        }
    }
}
