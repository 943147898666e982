// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A running cluster as its clients see it. Calls block.
public interface ClusterView {
    /// A topic's partition count and own settings.
    record TopicView(int partitions, Map<String, String> configs) {
        public TopicView {
            configs = Map.copyOf(configs);
        }
    }

    /// A record as a read_uncommitted consumer gets it.
    ///
    /// @param headers in their order
    record RecordView(
            long offset,
            long timestampMs,
            @Nullable ByteBuffer key,
            @Nullable ByteBuffer value,
            List<HeaderView> headers) {
        public RecordView {
            headers = List.copyOf(headers);
        }
    }

    /// A record's header.
    record HeaderView(String name, @Nullable ByteBuffer value) {}

    /// All topics by name, internal ones included.
    Map<String, TopicView> topics() throws IOException;

    long startOffset(String topic, int partition) throws IOException;

    long endOffset(String topic, int partition) throws IOException;

    /// What a group committed; empty when it committed nothing there.
    Optional<Long> committedOffset(String group, String topic, int partition) throws IOException;

    /// Records with offsets in `[fromOffset, endOffset)`, in order. The iterator ends there, or
    /// where the cluster has no more; it throws [java.io.UncheckedIOException].
    Iterator<RecordView> records(String topic, int partition, long fromOffset, long endOffset)
            throws IOException;
}
