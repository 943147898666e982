// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest;

import org.apache.kafka.common.Uuid;

/// A partition by its topic's id: survives deletion and re-creation of the name. Ordered by topic
/// id, then partition.
public record PartitionId(Uuid topicId, int partition) implements Comparable<PartitionId> {
    public PartitionId {
        if (partition < 0) {
            throw new IllegalArgumentException("negative partition: partition=" + partition);
        }
    }

    @Override
    public int compareTo(PartitionId other) {
        int byTopic = topicId.compareTo(other.topicId);
        return byTopic != 0 ? byTopic : Integer.compare(partition, other.partition);
    }

    @Override
    public String toString() {
        return topicId + "-" + partition;
    }
}
