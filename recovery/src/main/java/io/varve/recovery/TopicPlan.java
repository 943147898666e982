// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;

/// A topic as a restore would bring it back. Immutable.
///
/// @param configs its own settings
/// @param adopted no metadata named it: it was found in a shard
/// @param partitions by number
public record TopicPlan(
        String name,
        Uuid id,
        SortedMap<String, String> configs,
        boolean adopted,
        List<PartitionPlan> partitions) {
    public TopicPlan {
        configs = Collections.unmodifiableSortedMap(new TreeMap<>(configs));
        partitions = List.copyOf(partitions);
    }

    TopicPlan(
            String name,
            Uuid id,
            Map<String, String> configs,
            boolean adopted,
            List<PartitionPlan> partitions) {
        this(name, id, new TreeMap<>(configs), adopted, partitions);
    }
}
