// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.pack;

import io.varve.manifest.state.EpochStart;
import io.varve.manifest.state.PartitionState.ManifestRef;
import java.util.List;

/// A change of a partition that is no record, as a journal's section tells it. In the order in
/// which they were committed.
public sealed interface ControlFact {
    /// The partition came into being (or came here) with this first offset and base epoch; the
    /// topic as JSON.
    record Opened(long startOffset, int baseEpoch, String topicRecord) implements ControlFact {}

    /// The topic's JSON changed (configs, partition count).
    record TopicChanged(String topicRecord) implements ControlFact {}

    /// Records below this offset are deleted (retention or DeleteRecords).
    record LogStartMoved(long logStart) implements ControlFact {}

    /// The partition did not come into being empty: everything below its first offset, from
    /// `logStart` on, is in segment objects, as this manifest version says. Directly behind
    /// `Opened`.
    ///
    /// @param epochs leader epochs below the first offset
    record Adopted(long logStart, ManifestRef manifest, List<EpochStart> epochs)
            implements ControlFact {
        public Adopted {
            epochs = List.copyOf(epochs);
        }
    }

    /// The partition left this shard for good: its topic was deleted.
    record Closed(long endOffset, String reason) implements ControlFact {}
}
