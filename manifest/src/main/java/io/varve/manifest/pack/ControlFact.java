// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.pack;

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

    /// The partition left this shard for good: its topic was deleted.
    record Closed(long endOffset, String reason) implements ControlFact {}
}
