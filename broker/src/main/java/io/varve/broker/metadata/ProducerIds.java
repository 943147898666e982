// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;

/// Gives out producer ids, each once, from blocks that the controller grants. Thread-safe; nothing
/// blocks.
public final class ProducerIds {
    /// Requests that wait for a block; more are refused.
    static final int WAITING_MAX = 10_000;

    /// An id, or why there is none.
    public record Answer(long producerId, ApiError error) {}

    private final Supplier<CompletableFuture<ProducerIdBlock>> blocks;
    private final ReentrantLock lock = new ReentrantLock();
    private final Queue<CompletableFuture<Answer>> waiting = new ArrayDeque<>(); // under lock
    private long next; // under lock
    private long end; // under lock
    private boolean asking; // under lock

    /// @param blocks asks the controller for the next block
    public ProducerIds(Supplier<CompletableFuture<ProducerIdBlock>> blocks) {
        this.blocks = blocks;
    }

    /// The next id. Never fails; errors are retriable.
    public CompletableFuture<Answer> next() {
        CompletableFuture<Answer> answer;
        boolean ask;
        lock.lock();
        try {
            if (next < end) {
                return CompletableFuture.completedFuture(new Answer(next++, ApiError.NONE));
            }
            if (waiting.size() >= WAITING_MAX) {
                return CompletableFuture.completedFuture(
                        new Answer(
                                -1,
                                new ApiError(
                                        Errors.COORDINATOR_LOAD_IN_PROGRESS,
                                        "too many requests wait for a producer id")));
            }
            answer = new CompletableFuture<>();
            waiting.add(answer);
            ask = !asking;
            asking = true;
        } finally {
            lock.unlock();
        }
        if (ask) {
            var _ = blocks.get().thenAccept(this::granted);
        }
        return answer;
    }

    private record Ready(CompletableFuture<Answer> future, Answer answer) {}

    private void granted(ProducerIdBlock block) {
        List<Ready> ready = new ArrayList<>();
        boolean askAgain;
        lock.lock();
        try {
            next = block.first();
            end = block.end();
            while (!waiting.isEmpty() && (block.error().isFailure() || next < end)) {
                Answer answer =
                        block.error().isFailure()
                                ? new Answer(-1, block.error())
                                : new Answer(next++, ApiError.NONE);
                ready.add(new Ready(waiting.remove(), answer));
            }
            askAgain = !waiting.isEmpty();
            asking = askAgain;
        } finally {
            lock.unlock();
        }
        ready.forEach(each -> each.future().complete(each.answer()));
        if (askAgain) {
            var _ = blocks.get().thenAccept(this::granted);
        }
    }
}
