// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.history;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;

/// All partitions from their start to their end as one reader got them. Immutable.
///
/// @param what which reading it is
/// @param partitions in offset order as they came
public record WholeLog(String what, Map<TopicPartition, Partition> partitions) {
    public WholeLog {
        partitions = Map.copyOf(partitions);
    }

    /// @param start, end as the broker named them; end exclusive
    /// @param records as they were read
    public record Partition(long start, long end, List<Entry> records) {
        public Partition {
            records = List.copyOf(records);
        }

        TreeMap<Long, Entry> byOffset() {
            TreeMap<Long, Entry> byOffset = new TreeMap<>();
            records.forEach(entry -> byOffset.put(entry.offset(), entry));
            return byOffset;
        }
    }

    /// A record by its names.
    public record Entry(long offset, int producer, long sequence) {}

    public long count() {
        return partitions.values().stream()
                .mapToLong(partition -> partition.records().size())
                .sum();
    }
}
