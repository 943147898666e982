// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import io.varve.broker.network.Request;
import io.varve.broker.partition.FetchParking;
import io.varve.manifest.PartitionId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchMetadata;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;

/// Fetch: reads all partitions of a request under one byte budget, and waits while there is less
/// than the client wants.
///
/// Sessions are refused by session id 0, which is legal: clients then name all their partitions
/// each time. Thread-safe.
final class FetchHandler {
    private final FetchReader reader;
    private final FetchParking parking;
    private final Executor workers;
    private final InstantSource clock;
    private final int responseBytesMax;

    /// @param workers threads that may read the local disk
    /// @param responseBytesMax `fetch.max.bytes` of the broker
    FetchHandler(
            FetchReader reader,
            FetchParking parking,
            Executor workers,
            InstantSource clock,
            int responseBytesMax) {
        this.reader = reader;
        this.parking = parking;
        this.workers = workers;
        this.clock = clock;
        this.responseBytesMax = responseBytesMax;
    }

    CompletableFuture<FetchResponse> fetch(Request request, FetchRequest body) {
        if (body.isFromFollower()) {
            return refused(body, Errors.CLUSTER_AUTHORIZATION_FAILED);
        }
        int session = body.metadata().sessionId();
        if (session != FetchMetadata.INVALID_SESSION_ID) {
            return refused(body, Errors.FETCH_SESSION_ID_NOT_FOUND);
        }
        FetchRequestData data = body.data();
        Wait wait =
                new Wait(
                        request,
                        body,
                        Math.min(data.maxBytes(), responseBytesMax),
                        clock.millis() + Math.max(0, data.maxWaitMs()),
                        new CompletableFuture<>());
        workers.execute(() -> first(wait));
        return wait.answer();
    }

    private static CompletableFuture<FetchResponse> refused(FetchRequest body, Errors error) {
        FetchResponse response = (FetchResponse) body.getErrorResponse(0, error.exception());
        response.data().setSessionId(FetchMetadata.INVALID_SESSION_ID);
        return CompletableFuture.completedFuture(response);
    }

    /// A fetch on its way: until when it may wait.
    private record Wait(
            Request request,
            FetchRequest body,
            int bytesMax,
            long deadlineMs,
            CompletableFuture<FetchResponse> answer) {
        boolean enough(FetchReader.Result result) {
            boolean bytes =
                    result.bytes() >= body.minBytes()
                            && (result.bytes() > 0 || result.loading().isEmpty());
            return bytes || result.answerNow() || !request.isConnected();
        }
    }

    private void first(Wait wait) {
        try {
            FetchReader.Result result = read(wait);
            if (wait.enough(result) || !left(wait).isPositive()) {
                wait.answer().complete(result.response());
            } else {
                result.release();
                await(wait, result.partitions());
            }
        } catch (RuntimeException failure) {
            wait.answer().completeExceptionally(failure);
        }
    }

    /// Takes its place first and reads then, so that what arrives in between wakes it.
    private void await(Wait wait, Set<PartitionId> partitions) {
        CompletableFuture<Boolean> woken = parking.park(partitions, left(wait));
        FetchReader.Result result;
        try {
            result = read(wait);
        } catch (RuntimeException failure) {
            woken.complete(true);
            throw failure;
        }
        if (wait.enough(result)) {
            woken.complete(true);
            wait.answer().complete(result.response());
            return;
        }
        result.release();
        for (CompletableFuture<?> load : result.loading()) {
            CompletableFuture<?> _ = load.whenComplete((_, _) -> woken.complete(true));
        }
        CompletableFuture<Boolean> _ =
                woken.whenComplete((advanced, failure) ->
                        workers.execute(() -> {
                            if (failure == null && advanced) {
                                again(wait, partitions);
                            } else {
                                last(wait);
                            }
                        }));
    }

    private void again(Wait wait, Set<PartitionId> partitions) {
        try {
            if (left(wait).isPositive()) {
                await(wait, partitions);
            } else {
                last(wait);
            }
        } catch (RuntimeException failure) {
            wait.answer().completeExceptionally(failure);
        }
    }

    private void last(Wait wait) {
        try {
            wait.answer().complete(read(wait).response());
        } catch (RuntimeException failure) {
            wait.answer().completeExceptionally(failure);
        }
    }

    private FetchReader.Result read(Wait wait) {
        return reader.read(wait.body(), wait.bytesMax(), wait.request().context().listenerName());
    }

    private Duration left(Wait wait) {
        return Duration.ofMillis(wait.deadlineMs() - clock.millis());
    }
}
