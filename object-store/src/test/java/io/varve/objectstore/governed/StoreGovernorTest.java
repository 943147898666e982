// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.governed;

import static io.varve.objectstore.governed.Priority.BACKGROUND;
import static io.varve.objectstore.governed.Priority.JOURNAL;
import static io.varve.objectstore.governed.Priority.READ;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.StoreOperation;
import io.varve.objectstore.governed.StoreGovernor.Permit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The governor among threads, by a real clock.
@Timeout(60)
class StoreGovernorTest {
    private static StoreGovernor governor(long requests, int inFlight, Duration waitMax) {
        return new StoreGovernor(
                new GovernorLimits(requests, inFlight, GovernorLimits.UNLIMITED_BYTES, waitMax),
                System::nanoTime);
    }

    @Test
    void manyThreadsKeepToTheLimitsAndAllOfThemGo() throws Exception {
        StoreGovernor governor =
                governor(GovernorLimits.UNLIMITED_REQUESTS, 8, Duration.ofSeconds(30));
        AtomicInteger flying = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger background = new AtomicInteger();
        AtomicInteger mostBackground = new AtomicInteger();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> calls = new ArrayList<>();
            for (int i = 0; i < 3_000; i++) {
                Priority priority = List.of(Priority.values()).get(i % 3);
                calls.add(
                        threads.submit(() -> {
                            Permit permit = governor.acquire(priority, 10);
                            most.accumulateAndGet(flying.incrementAndGet(), Math::max);
                            if (priority == BACKGROUND) {
                                mostBackground.accumulateAndGet(
                                        background.incrementAndGet(), Math::max);
                            }
                            LockSupport.parkNanos(100_000);
                            if (priority == BACKGROUND) {
                                background.decrementAndGet();
                            }
                            flying.decrementAndGet();
                            permit.release(10);
                            return null;
                        }));
            }
            for (Future<?> call : calls) {
                call.get();
            }
        }

        assertThat(most.get()).isBetween(2, 8);
        assertThat(mostBackground.get()).isBetween(1, 4);
        for (Priority priority : Priority.values()) {
            assertThat(governor.waiting(priority)).isZero();
            assertThat(governor.inFlight(priority)).isZero();
            assertThat(governor.refused(priority)).isZero();
        }
        assertThat(governor.waitedNs(BACKGROUND)).isPositive();
    }

    @Test
    void aRateIsKeptByTheClock() throws Exception {
        StoreGovernor governor = governor(200, 64, Duration.ofSeconds(30));
        long startNs = System.nanoTime();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> calls = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                calls.add(
                        threads.submit(() -> {
                            governor.acquire(READ, 0).release(0);
                            return null;
                        }));
            }
            for (Future<?> call : calls) {
                call.get();
            }
        }
        long tookNs = System.nanoTime() - startNs;

        assertThat(Duration.ofNanos(tookNs))
                .as("200 at once, then 200 a second")
                .isGreaterThan(Duration.ofMillis(490))
                .isLessThan(Duration.ofSeconds(20));
    }

    @Test
    void aJournalDoesNotWaitForTheBackground() throws Exception {
        StoreGovernor governor =
                governor(GovernorLimits.UNLIMITED_REQUESTS, 2, Duration.ofSeconds(30));
        Permit large = governor.acquire(BACKGROUND, 100);

        governor.acquire(JOURNAL, 10).release(10);

        large.release(100);
    }

    @Test
    void aTurnThatDoesNotComeInTimeIsATransientErrorThatSaysWhatToDo() throws Exception {
        StoreGovernor governor =
                governor(GovernorLimits.UNLIMITED_REQUESTS, 1, Duration.ofMillis(50));
        Permit held = governor.acquire(READ, 0);

        assertThatThrownBy(() -> governor.acquire(READ, 0))
                .isInstanceOf(ObjectStoreException.Transient.class)
                .hasMessageContaining("did not come in time: priority=READ, waitedMs=")
                .hasMessageContaining("inFlight=1 of 1")
                .hasMessageContaining("object-store.requests-per-second");
        assertThat(governor.refused(READ)).isEqualTo(1);
        assertThat(governor.waiting(READ)).isZero();

        held.release(0);
        governor.acquire(READ, 0).release(0);
    }

    @Test
    void anInterruptedWaitEndsAtOnceAndItsFlagStays() throws Exception {
        StoreGovernor governor =
                governor(GovernorLimits.UNLIMITED_REQUESTS, 1, Duration.ofSeconds(30));
        Permit held = governor.acquire(READ, 0);
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        AtomicReference<Boolean> flag = new AtomicReference<>();
        Thread waiting =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                governor.acquire(READ, 0);
                            } catch (ObjectStoreException e) {
                                thrown.set(e);
                            }
                            flag.set(Thread.currentThread().isInterrupted());
                        });
        Awaitility.await().until(() -> governor.waiting(READ) == 1);

        waiting.interrupt();

        assertThat(waiting.join(Duration.ofSeconds(10))).isTrue();
        assertThat(thrown.get())
                .isInstanceOf(ObjectStoreException.Transient.class)
                .hasMessageContaining("interrupted");
        assertThat(flag.get()).isTrue();
        held.release(0);
        governor.acquire(READ, 0).release(0);
    }

    @Test
    void whoWaitsBehindOneThatGivesUpStillGoes() throws Exception {
        StoreGovernor governor = governor(1, 8, Duration.ofSeconds(30));
        governor.acquire(READ, 0).release(0);
        CountDownLatch gone = new CountDownLatch(1);
        Thread first =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                governor.acquire(JOURNAL, 0).release(0);
                            } catch (ObjectStoreException e) {
                                gone.countDown();
                            }
                        });
        Awaitility.await().until(() -> governor.waiting(JOURNAL) == 1);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> second =
                    threads.submit(() -> {
                        governor.acquire(BACKGROUND, 0).release(0);
                        return null;
                    });
            Awaitility.await().until(() -> governor.waiting(BACKGROUND) == 1);
            first.interrupt();
            assertThat(gone.await(10, TimeUnit.SECONDS)).isTrue();

            second.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void throttlingAnswersSlowItDownAndAreCountedAndFailNobody() throws Exception {
        StoreGovernor governor = governor(1_000, 64, Duration.ofSeconds(30));
        for (int i = 0; i < 100; i++) {
            Permit permit = governor.acquire(JOURNAL, 0);
            governor.answered(StoreOperation.PUT, 200, 1);
            permit.release(0);
        }
        governor.answered(StoreOperation.PUT, 503, 1);
        governor.answered(StoreOperation.GET, 429, 1);
        governor.answered(StoreOperation.GET, 500, 1);

        assertThat(governor.throttled()).isEqualTo(2);
        assertThat(governor.requestsPerSecond()).isLessThan(60);
        governor.acquire(JOURNAL, 0).release(0);
    }
}
