// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.manifest.PartitionId;
import io.varve.manifest.state.BatchFacts;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/// Idempotent producers that a partition does not know and that begin in the middle: they are asked
/// to send once more.
///
/// Such a batch is good when the producer was forgotten, or wrote to an earlier topic of this name,
/// and Kafka takes it at once. But it may also be the third of a connection whose first two met a
/// broker that could not take them yet. Taken now, it would stand before them, and they could not
/// follow: their sequences are older. Clients send again in order, so whoever is asked shows what
/// comes before it; what comes again unchanged has nothing before it.
///
/// One per leadership. Owner: the shard's writer thread.
final class UnknownProducers {
    /// Bounds the memory; who is forgotten here is asked once more.
    private static final int PRODUCERS_MAX = 10_000;

    /// A batch that was asked for and did not come for so long was given up by its producer: the
    /// first one that does come takes its place.
    static final Duration PATIENCE = Duration.ofSeconds(5);

    private final SequencedMap<Producer, Asked> asked = new LinkedHashMap<>();

    private record Producer(PartitionId partition, long producerId, short producerEpoch) {}

    private record Asked(int baseSequence, long timeMs) {}

    /// Whether a partition that knows nothing of the producer begins with this batch.
    boolean mayBeginWith(PartitionId partition, BatchFacts batch, long nowMs) {
        if (batch.baseSequence() == 0) {
            return true;
        }
        Producer producer = new Producer(partition, batch.producerId(), batch.producerEpoch());
        Asked before = asked.get(producer);
        if (before != null && before.baseSequence() == batch.baseSequence()) {
            asked.remove(producer);
            return true;
        }
        if (before == null
                || batch.baseSequence() < before.baseSequence()
                || nowMs - before.timeMs() >= PATIENCE.toMillis()) {
            asked.putLast(producer, new Asked(batch.baseSequence(), nowMs));
        }
        if (asked.size() > PRODUCERS_MAX) {
            asked.pollFirstEntry();
        }
        return false;
    }
}
