// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import io.varve.broker.shard.AppendOutcome;
import io.varve.manifest.metadata.MetadataRecords;
import java.time.InstantSource;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.apache.kafka.common.metadata.NoOpRecord;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.server.common.ApiMessageAndVersion;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Changes of the metadata, one after the other: each is worked out against the image that holds
/// all before it, appended as one batch, and answered when that is applied.
///
/// ```
/// CLOSED --become(term)--> BARRIER --applied--> OPEN --unknown outcome--> BARRIER        any --resign--> CLOSED
/// ```
///
/// A barrier is a record that changes nothing. When it is applied, everything appended before is
/// applied or will never be; so no change is worked out against an image that lacks one whose
/// outcome is unknown.
///
/// Owner of the state: the queue's own thread. All methods may be called by any thread.
final class ChangeQueue implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ChangeQueue.class);
    private static final long CLOSE_TIMEOUT_MS = 5_000;

    private final ClusterMetadata metadata;
    private final MetadataLog log;
    private final InstantSource clock;
    private final long timeoutMs;
    private final ThreadPoolExecutor thread;
    private volatile OptionalLong term = OptionalLong.empty();
    private boolean behindBarrier; // queue's thread

    ChangeQueue(
            ClusterMetadata metadata,
            MetadataLog log,
            InstantSource clock,
            long timeoutMs,
            int maxQueued) {
        this.metadata = metadata;
        this.log = log;
        this.clock = clock;
        this.timeoutMs = timeoutMs;
        thread =
                new ThreadPoolExecutor(
                        1,
                        1,
                        0,
                        TimeUnit.SECONDS,
                        new ArrayBlockingQueue<>(maxQueued),
                        Thread.ofVirtual().name("controller-changes").factory());
    }

    /// Makes a change of an image.
    interface Planner<R> {
        Plan<R> plan(MetadataImage image);
    }

    /// An answer and the image that holds it.
    record Done<R>(R result, MetadataImage image, long endOffset, boolean changed) {}

    /// A change that was not made, or of which nobody knows.
    static final class Refusal extends Exception {
        private static final long serialVersionUID = 1L;

        private final transient ApiError error;

        Refusal(Errors error, String message) {
            super(message);
            this.error = new ApiError(error, message);
        }

        ApiError error() {
            return error;
        }
    }

    /// The term in which changes are made, or empty.
    OptionalLong term() {
        return term;
    }

    /// From now on changes are made, as the leader of this term.
    void become(long newTerm) {
        term = OptionalLong.of(newTerm);
        execute(() -> behindBarrier = false);
    }

    /// From now on changes are refused.
    void resign() {
        term = OptionalLong.empty();
    }

    private boolean execute(Runnable work) {
        try {
            thread.execute(work);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    /// Queues a change.
    ///
    /// @param failed turns a refusal into the caller's answer
    <R> CompletableFuture<Done<R>> submit(Planner<R> planner, Function<ApiError, R> failed) {
        CompletableFuture<Done<R>> answer = new CompletableFuture<>();
        boolean queued =
                execute(() -> {
                    try {
                        answer.complete(make(planner));
                    } catch (Refusal e) {
                        answer.complete(refused(failed.apply(e.error())));
                    } catch (RuntimeException e) {
                        LOG.error("a change of the metadata could not be worked out", e);
                        answer.complete(refused(failed.apply(ApiError.fromThrowable(e))));
                    }
                });
        if (!queued) {
            answer.complete(
                    refused(
                            failed.apply(
                                    new ApiError(
                                            Errors.REQUEST_TIMED_OUT,
                                            "too many changes of the metadata wait, or the broker stops"))));
        }
        return answer;
    }

    private <R> Done<R> refused(R result) {
        return new Done<>(result, metadata.image(), metadata.appliedEnd(), false);
    }

    private <R> Done<R> make(Planner<R> planner) throws Refusal {
        long now =
                term.orElseThrow(() ->
                        new Refusal(Errors.NOT_CONTROLLER, "this broker is not the controller"));
        if (!behindBarrier) {
            if (!await(log.ensureOpen(now))) {
                throw new Refusal(
                        Errors.NOT_CONTROLLER, "the metadata log is not open: term=" + now);
            }
            append(List.of(Records.of(new NoOpRecord())), now);
            behindBarrier = true;
        }
        Plan<R> plan = planner.plan(metadata.image());
        if (plan.records().isEmpty()) {
            return refused(plan.result());
        }
        long endOffset = append(plan.records(), now);
        return new Done<>(plan.result(), metadata.image(), endOffset, true);
    }

    private long append(List<ApiMessageAndVersion> records, long inTerm) throws Refusal {
        behindBarrier = false;
        AppendOutcome outcome =
                await(log.append(MetadataRecords.batch(records, clock.millis()), inTerm));
        long endOffset =
                switch (outcome) {
                    case AppendOutcome.Appended appended -> appended.endOffset();
                    case AppendOutcome.Duplicate duplicate -> duplicate.endOffset();
                    case AppendOutcome.Refused refused ->
                            throw new Refusal(
                                    refused.error() == Errors.NOT_LEADER_OR_FOLLOWER
                                            ? Errors.NOT_CONTROLLER
                                            : refused.error(),
                                    refused.message());
                };
        await(metadata.whenApplied(endOffset));
        behindBarrier = true;
        return endOffset;
    }

    private <T> T await(CompletableFuture<T> future) throws Refusal {
        try {
            return future.get(timeoutMs, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new Refusal(
                    Errors.REQUEST_TIMED_OUT,
                    "a change of the metadata was not applied in time: ms=" + timeoutMs);
        } catch (ExecutionException e) {
            throw new Refusal(
                    Errors.UNKNOWN_SERVER_ERROR, "metadata cannot be applied: why=" + e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refusal(Errors.NOT_CONTROLLER, "the broker stops");
        }
    }

    /// Refuses what waits, and ends the change under way after at most 5 s.
    @Override
    public void close() {
        resign();
        thread.shutdown();
        try {
            if (!thread.awaitTermination(CLOSE_TIMEOUT_MS, TimeUnit.MILLISECONDS)) {
                LOG.warn("a change of the metadata is still under way at the end");
                thread.shutdownNow().forEach(Runnable::run); // each answers at once: refused
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            thread.shutdownNow().forEach(Runnable::run);
        }
    }
}
