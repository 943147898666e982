// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.broker.metadata.TopicDeletions;
import io.varve.broker.server.ShardArchiving.Running;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;

/// What a topic's deletion needs of the bucket, by the archiver of the metadata shard. Fails while
/// this broker does not lead it: the next controller takes the deletion up. Thread-safe.
record ShippedDeletions(ShardArchiving metadataShard) implements TopicDeletions {
    @Override
    public CompletableFuture<Void> journaled(long endOffset) {
        Optional<Running> running = metadataShard.running();
        if (running.isEmpty()) {
            return CompletableFuture.failedFuture(
                    new IllegalStateException("metadata shard is not archived here now"));
        }
        return running.get()
                .archiver()
                .flush(running.get().source().appliedEndIndex())
                .thenApply(flushed -> null);
    }

    /// Nothing to do here: the archiver of a shard puts the intent when it finds a partition
    /// closed, and deletes nothing before the intent is old enough.
    @Override
    public CompletableFuture<Void> trash(Uuid topicId, String topicName, String reason) {
        return CompletableFuture.completedFuture(null);
    }
}
