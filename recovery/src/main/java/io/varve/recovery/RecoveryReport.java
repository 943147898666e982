// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.generation.Cut.LoweredOffset;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// What a run did. The same again when it is run again. Immutable.
///
/// @param generation the new one
/// @param restoredFrom the older one
/// @param restoredUntil the store's time of the newest journal
/// @param rpo at most so much is lost: from the newest journal to the last sign of life; empty when
///   no broker gave one. An idle cluster writes no journals, so it may be far too high
/// @param topics what is there now
/// @param lost what is not as it was, by name
/// @param lowered group offsets that lay behind a restored end
/// @param notes all other findings
public record RecoveryReport(
        int generation,
        int restoredFrom,
        Optional<Instant> restoredUntil,
        Optional<Duration> rpo,
        List<TopicPlan> topics,
        List<Finding> lost,
        List<LoweredOffset> lowered,
        List<Finding> notes) {
    public RecoveryReport {
        topics = List.copyOf(topics);
        lost = List.copyOf(lost);
        lowered = List.copyOf(lowered);
        notes = List.copyOf(notes);
    }

    static RecoveryReport of(
            RecoveryPlan plan, int generation, int restoredFrom, List<LoweredOffset> lowered) {
        Optional<Duration> rpo =
                plan.restoredUntil()
                        .flatMap(until ->
                                plan.lastSignOfLife()
                                        .map(last ->
                                                last.isAfter(until)
                                                        ? Duration.between(until, last)
                                                        : Duration.ZERO));
        return new RecoveryReport(
                generation,
                restoredFrom,
                plan.restoredUntil(),
                rpo,
                plan.topics(),
                plan.lost(),
                lowered,
                plan.findings().stream().filter(finding -> !finding.isLoss()).toList());
    }

    /// Whether everything came back as it was.
    public boolean isWhole() {
        return lost.isEmpty();
    }
}
