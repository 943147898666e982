// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.bucket;

import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.ProbeResult;
import io.varve.objectstore.ProbeResult.Checked;
import io.varve.objectstore.ProbeResult.Outcome;
import io.varve.objectstore.StoreTraits;
import io.varve.objectstore.StoreTraits.Trait;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What `varve bucket verify-access` says. Immutable.
///
/// @param region where the bucket is; null when the store does not say
/// @param remarks what is worth knowing although the bucket can be used
/// @param problem why it cannot be used, or why that is not known; null when it can
record AccessView(
        String bucket,
        boolean readOnly,
        Verdict verdict,
        List<Check> checks,
        Traits traits,
        @Nullable String region,
        List<String> remarks,
        @Nullable String problem) {

    /// Whether a cluster (or a reader) may use the bucket.
    enum Verdict {
        usable,
        unusable,
        unknown
    }

    /// How a check ended.
    enum Result {
        ok,
        note,
        broken,
        failed,
        skipped
    }

    /// @param means what was seen, or what holds
    record Check(String check, Result result, long ms, String means) {}

    record Traits(TraitRow versions, TraitRow retention, TraitRow softDelete) {}

    /// @param state `absent`, `present` or `unknown`
    /// @param detail how, or why it is unknown
    record TraitRow(String state, String detail) {}

    /// @param neighbour what is wrong with the prefix, if anything
    static AccessView of(ProbeResult result, boolean readOnly, Optional<String> neighbour) {
        Verdict verdict = Verdict.usable;
        @Nullable String problem = neighbour.orElse(null);
        if (problem != null) {
            verdict = Verdict.unusable;
        }
        try {
            result.requirePassed();
        } catch (ObjectStoreException.Transient e) {
            verdict = Verdict.unknown;
            problem = "the store does not answer, try again: " + e.getMessage();
        } catch (ObjectStoreException e) {
            verdict = Verdict.unusable;
            problem = e.getMessage();
        }
        StoreTraits traits = result.traits();
        return new AccessView(
                result.url(),
                readOnly,
                verdict,
                result.checks().stream().map(AccessView::check).toList(),
                new Traits(
                        row(traits.versions()), row(traits.retention()), row(traits.softDelete())),
                traits.region().orElse(null),
                result.remarks(),
                problem);
    }

    private static Check check(Checked checked) {
        Result result =
                switch (checked.outcome()) {
                    case Outcome.Held _ -> Result.ok;
                    case Outcome.Noted _ -> Result.note;
                    case Outcome.Broken _ -> Result.broken;
                    case Outcome.Untried _ -> Result.failed;
                    case Outcome.Skipped _ -> Result.skipped;
                };
        return new Check(
                checked.check().label(), result, checked.elapsed().toMillis(), checked.finding());
    }

    private static TraitRow row(Trait trait) {
        return switch (trait) {
            case Trait.Absent _ -> new TraitRow("absent", "");
            case Trait.Present(String how) -> new TraitRow("present", how);
            case Trait.Unknown(String why) -> new TraitRow("unknown", why);
        };
    }
}
