// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.apache.kafka.common.requests.AbstractResponse;
import org.jspecify.annotations.Nullable;

/// Small steps between what handlers compute and the stages that the network waits for. Stateless.
final class Answers {
    private Answers() {}

    /// An answer that is there already.
    static CompletionStage<@Nullable AbstractResponse> now(@Nullable AbstractResponse response) {
        return CompletableFuture.completedFuture(response);
    }

    /// An answer that a thread that may block works out.
    static CompletionStage<@Nullable AbstractResponse> on(
            Executor workers, Supplier<? extends AbstractResponse> work) {
        CompletableFuture<@Nullable AbstractResponse> answer = new CompletableFuture<>();
        workers.execute(() -> {
            try {
                answer.complete(work.get());
            } catch (RuntimeException failure) {
                answer.completeExceptionally(failure);
            }
        });
        return answer;
    }

    /// All of them, in order, when the last is there; fails when one fails.
    static <T> CompletableFuture<List<T>> all(List<CompletableFuture<T>> parts) {
        return CompletableFuture.allOf(parts.toArray(new CompletableFuture<?>[0]))
                .thenApply(_ -> parts.stream().map(CompletableFuture::join).toList());
    }

    /// What really happened, without the wrappers that futures put around it.
    static Throwable cause(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }
}
