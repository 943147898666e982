// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.objectstore.ObjectStoreException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/// Runs many small reads at once, bounded, and gives the answers in the order of the questions.
/// Stateless.
public final class ParallelReads {
    /// Requests in flight: enough to hide a store's latency, too few to be throttled.
    static final int AT_ONCE_MAX = 16;

    private ParallelReads() {}

    /// A read of something about `from`.
    @FunctionalInterface
    public interface Read<A, B> {
        B of(A from) throws ObjectStoreException;
    }

    /// @throws ObjectStoreException the first one that a read threw; the others are awaited
    public static <A, B> List<B> map(Collection<A> inputs, Read<A, B> read)
            throws ObjectStoreException {
        Semaphore permits = new Semaphore(AT_ONCE_MAX);
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<B>> futures = new ArrayList<>(inputs.size());
            for (A input : inputs) {
                permits.acquireUninterruptibly();
                futures.add(
                        executor.submit(() -> {
                            try {
                                return read.of(input);
                            } finally {
                                permits.release();
                            }
                        }));
            }
            List<B> outputs = new ArrayList<>(futures.size());
            for (Future<B> future : futures) {
                outputs.add(await(future));
            }
            return outputs;
        }
    }

    private static <B> B await(Future<B> future) throws ObjectStoreException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case ObjectStoreException failed -> throw failed;
                case RuntimeException bug -> throw bug;
                case Error error -> throw error;
                case null, default -> throw new IllegalStateException("read failed", e);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ObjectStoreException.Transient("interrupted while reading", e);
        }
    }
}
