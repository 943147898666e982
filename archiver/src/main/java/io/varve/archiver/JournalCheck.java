// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.manifest.pack.PackFacts;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.pack.PackKind;
import io.varve.manifest.pack.PackSection;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Whether a journal that is in the bucket may be taken in by this leader. Answers are for people:
/// why not.
final class JournalCheck {
    private JournalCheck() {}

    /// @param expectedFirst the index at which the journal must begin
    /// @return null when all is well
    static @Nullable String problem(
            PackIndex index, String key, String clusterId, ShardSource source, long expectedFirst) {
        PackFacts facts = index.facts();
        if (facts.kind() == PackKind.END) {
            return "generation closed: a restore put END behind the last journal: key="
                    + key
                    + ", writer="
                    + facts.writer();
        }
        if (facts.kind() != PackKind.JOURNAL
                || !facts.clusterId().equals(clusterId)
                || !facts.shard().equals(source.shard())
                || facts.firstIndex() != expectedFirst
                || facts.endIndex() <= facts.firstIndex()) {
            return "object is not the journal that its key says: key="
                    + key
                    + ", facts="
                    + facts
                    + ", clusterId="
                    + clusterId;
        }
        return divergence(key, source, facts.endIndex(), facts.lastTerm());
    }

    /// Whether this replica's own log holds the last entry of what is in the bucket. What the log
    /// does not hold any more is below the floor, which this very log has seen raised.
    static @Nullable String divergence(
            String object, ShardSource source, long endIndex, long lastTerm) {
        if (endIndex == 0) {
            return null; // the first checkpoint of a restored shard
        }
        if (endIndex > source.appliedEndIndex()) {
            return "bucket is ahead of this leader's log: object="
                    + object
                    + ", endIndex="
                    + endIndex
                    + ", appliedEndIndex="
                    + source.appliedEndIndex();
        }
        OptionalLong term = source.termAt(endIndex - 1);
        if (term.isPresent() && term.getAsLong() != lastTerm) {
            return "bucket and log diverge: object="
                    + object
                    + ", index="
                    + (endIndex - 1)
                    + ", termInBucket="
                    + lastTerm
                    + ", termInLog="
                    + term.getAsLong();
        }
        return null;
    }

    /// Whether two journals of the same entries hold the same.
    static boolean sameContent(PackIndex theirs, PackIndex ours) {
        Map<?, PackSection> byPartition = theirs.byPartition();
        return theirs.facts().lastTerm() == ours.facts().lastTerm()
                && theirs.sections().size() == ours.sections().size()
                && ours.sections().stream()
                        .allMatch(section -> {
                            PackSection other = byPartition.get(section.partition());
                            return other != null
                                    && other.baseOffset() == section.baseOffset()
                                    && other.endOffset() == section.endOffset()
                                    && other.length() == section.length()
                                    && other.facts().equals(section.facts())
                                    && other.chunkBytes() == section.chunkBytes()
                                    && other.chunkCrcs().equals(section.chunkCrcs());
                        });
    }
}
