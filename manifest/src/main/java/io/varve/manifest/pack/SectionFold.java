// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.pack;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.state.PartitionLedger;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Brings a partition's ledger forward by what a pack's index says of a section, without its bytes:
/// afterwards the ledger is what applying every batch and change would have made it (expiry of
/// producers aside, which is a matter of time).
public final class SectionFold {
    private SectionFold() {}

    /// @param ledger the partition up to the section; null when this shard did not know it yet.
    ///   Changed in place.
    /// @return the ledger behind the section; empty when the section closes the partition for good
    /// @throws CorruptObjectException the section does not follow on what the ledger knows
    public static Optional<PartitionLedger> fold(
            @Nullable PartitionLedger ledger, PackSection section) {
        try {
            PartitionLedger current = ledger == null ? open(section) : ledger;
            if (section.hasRecords()) {
                current.appendFolded(
                        section.baseOffset(),
                        section.endOffset(),
                        section.epochs(),
                        section.aborted(),
                        section.producers());
            }
            for (ControlFact fact : followingFacts(ledger, section)) {
                if (!applyFact(current, fact)) {
                    return Optional.empty();
                }
            }
            return Optional.of(current);
        } catch (IllegalStateException e) {
            throw new CorruptObjectException(
                    "section does not follow: partition="
                            + section.partition()
                            + ", "
                            + e.getMessage(),
                    e);
        }
    }

    private static List<ControlFact> followingFacts(
            @Nullable PartitionLedger ledger, PackSection section) {
        List<ControlFact> facts = section.facts();
        if (ledger != null) {
            return facts;
        }
        return facts.subList(adopted(section).isPresent() ? 2 : 1, facts.size());
    }

    private static PartitionLedger open(PackSection section) {
        if (section.facts().isEmpty()
                || !(section.facts().getFirst() instanceof ControlFact.Opened opened)) {
            throw new CorruptObjectException(
                    "section of a partition that was never opened: partition="
                            + section.partition()
                            + ", topic="
                            + section.topicName());
        }
        PartitionLedger ledger =
                PartitionLedger.open(
                        section.partition(),
                        section.topicName(),
                        opened.topicRecord(),
                        opened.baseEpoch(),
                        opened.startOffset());
        adopted(section).ifPresent(adopted -> applyFact(ledger, adopted));
        return ledger;
    }

    /// What the partition came with: in front of all records of the section.
    private static Optional<ControlFact.Adopted> adopted(PackSection section) {
        List<ControlFact> facts = section.facts();
        return facts.size() > 1 && facts.get(1) instanceof ControlFact.Adopted adopted
                ? Optional.of(adopted)
                : Optional.empty();
    }

    /// @return false when the partition is closed
    static boolean applyFact(PartitionLedger ledger, ControlFact fact) {
        return switch (fact) {
            case ControlFact.Opened opened ->
                    throw new IllegalStateException(
                            "partition opened twice: partition=" + ledger.id());
            case ControlFact.TopicChanged changed -> {
                ledger.topicChanged(changed.topicRecord());
                yield true;
            }
            case ControlFact.LogStartMoved moved -> {
                ledger.moveLogStart(moved.logStart());
                yield true;
            }
            case ControlFact.Adopted adopted -> {
                ledger.adopt(adopted.logStart(), adopted.manifest(), adopted.epochs());
                yield true;
            }
            case ControlFact.Closed closed -> false;
        };
    }
}
