// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;

/// Remembers what was asked in which order; the journal answers when `journal` is completed.
final class RecordedDeletions implements TopicDeletions {
    final List<String> asked = new ArrayList<>();
    CompletableFuture<Void> journal = CompletableFuture.completedFuture(null);

    @Override
    public synchronized CompletableFuture<Void> journaled(long endOffset) {
        asked.add("journaled " + endOffset);
        return journal;
    }

    @Override
    public synchronized CompletableFuture<Void> trash(
            Uuid topicId, String topicName, String reason) {
        asked.add("trash " + topicName);
        return CompletableFuture.completedFuture(null);
    }
}
