// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/// Holds the restored group offsets against what was committed.
final class GroupCheck {
    private GroupCheck() {}

    /// What is wrong: an offset that was never committed, is behind the partition's end, or forgets
    /// a commit that is older than the loss allows.
    ///
    /// @param safeUntilMs every commit up to this time must have survived
    static List<String> mismatches(
            String bootstrap, Truth truth, Map<TopicPartition, Long> ends, long safeUntilMs)
            throws ExecutionException, InterruptedException {
        List<String> mismatches = new ArrayList<>();
        Properties properties = new Properties();
        properties.setProperty("bootstrap.servers", bootstrap);
        try (Admin admin = Admin.create(properties)) {
            for (Map.Entry<String, Map<TopicPartition, NavigableMap<Long, Long>>> group :
                    truth.commits().entrySet()) {
                Map<TopicPartition, OffsetAndMetadata> restored =
                        admin.listConsumerGroupOffsets(group.getKey())
                                .partitionsToOffsetAndMetadata()
                                .get();
                group.getValue()
                        .forEach((tp, commits) -> {
                            OffsetAndMetadata found = restored.get(tp);
                            long end = ends.getOrDefault(tp, Long.MAX_VALUE);
                            Long offset = found == null ? null : found.offset();
                            if (!allowed(offset, commits, end, safeUntilMs)) {
                                mismatches.add(
                                        "group offset differs: group="
                                                + group.getKey()
                                                + ", partition="
                                                + tp
                                                + ", restored="
                                                + offset
                                                + ", committed="
                                                + commits.lastEntry().getValue()
                                                + ", end="
                                                + end);
                            }
                        });
            }
        }
        return mismatches;
    }

    private static boolean allowed(
            @org.jspecify.annotations.Nullable Long restored,
            NavigableMap<Long, Long> commits,
            long end,
            long safeUntilMs) {
        Map.Entry<Long, Long> safe = commits.floorEntry(safeUntilMs);
        long lowest = safe == null ? 0 : Math.min(safe.getValue(), end);
        if (restored == null) {
            return safe == null;
        }
        boolean wasCommitted = commits.containsValue(restored) || restored == end;
        return wasCommitted && restored <= end && restored >= lowest;
    }
}
