// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.log.FrameTable;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/// Requests that go into one frame together.
///
/// @param bodyBytes bytes of record batches among them
record FrameBatch(List<Pending> requests, int bodyBytes) {
    /// Takes from the front of the queue until the next request would pass a limit; always takes
    /// one.
    static FrameBatch take(Deque<Pending> waiting, ShardLimits limits) {
        List<Pending> requests = new ArrayList<>();
        int bodyBytes = 0;
        int bytes = 0;
        int batches = 0;
        while (!waiting.isEmpty() && requests.size() < FrameTable.SLICES_MAX) {
            Pending next = waiting.getFirst();
            int nextBytes = next.sizeInBytes();
            int nextBatches =
                    next instanceof Pending.Append append ? append.batches().checked().size() : 0;
            boolean full =
                    bytes + nextBytes > limits.frameBytesTarget()
                            || batches + nextBatches > FrameTable.BATCHES_MAX;
            if (full && !requests.isEmpty()) {
                break;
            }
            requests.add(waiting.removeFirst());
            bytes += nextBytes;
            batches += nextBatches;
            bodyBytes += next instanceof Pending.Append ? nextBytes : 0;
        }
        return new FrameBatch(requests, bodyBytes);
    }
}
