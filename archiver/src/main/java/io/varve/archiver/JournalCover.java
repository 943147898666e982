// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.manifest.PartitionId;
import io.varve.manifest.checkpoint.JournalRef;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.pack.PackSection;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// A journal in the bucket that is not doomed, and where each partition's records end in it. Small:
/// there is one for every journal since the oldest unarchived record. Immutable.
///
/// @param ends null until its index was read (a checkpoint names journals without their sections)
/// @param verified it was read back whole, or the store verifies uploads, or a checkpoint that was
///   read back names it
record JournalCover(JournalRef ref, @Nullable List<End> ends, boolean verified) {
    /// Records of a partition in this journal end here; a section without records is not listed.
    record End(PartitionId partition, long endOffset) {}

    static JournalCover of(JournalRef ref, PackIndex index, boolean verified) {
        return new JournalCover(
                ref,
                index.sections().stream()
                        .filter(PackSection::hasRecords)
                        .map(section -> new End(section.partition(), section.endOffset()))
                        .toList(),
                verified);
    }

    JournalCover withIndex(PackIndex index) {
        return of(ref, index, verified);
    }

    JournalCover asVerified() {
        return new JournalCover(ref, ends, true);
    }

    OptionalLong endOf(PartitionId partition) {
        if (ends != null) {
            for (End end : ends) {
                if (end.partition().equals(partition)) {
                    return OptionalLong.of(end.endOffset());
                }
            }
        }
        return OptionalLong.empty();
    }
}
