// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;

/// What a topic's deletion needs of the bucket. Both futures may take as long as the bucket is
/// away; they fail only when this broker gives up (it is no longer controller, or it stops).
/// Thread-safe.
public interface TopicDeletions {
    /// Completes when a journal of shard 0 holds every metadata record below `endOffset`.
    CompletableFuture<Void> journaled(long endOffset);

    /// Puts the intent to delete the topic's objects after the undelete grace. Doing it twice is
    /// harmless.
    CompletableFuture<Void> trash(Uuid topicId, String topicName, String reason);
}
