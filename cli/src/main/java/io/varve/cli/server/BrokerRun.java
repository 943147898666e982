// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.server;

import io.varve.broker.config.BrokerConfig;
import io.varve.broker.server.Broker;
import io.varve.broker.server.BrokerExit;
import io.varve.broker.server.BrokerStartException;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A broker as this process: from start to its end by SIGTERM, by itself, or by a failure that
/// nothing may follow.
///
/// SIGTERM and Ctrl-C run the JVM's shutdown hooks: ours closes the broker, within [#STOP_LIMIT],
/// and then ends the process with [ExitCode#DONE], because a broker that was told to stop and did
/// has done its work. Thread-safe.
final class BrokerRun {
    private static final Logger LOG = LoggerFactory.getLogger(BrokerRun.class);
    private static final Duration READY_LIMIT = Duration.ofSeconds(60);

    /// A little less than the 15 s that whoever sent the signal waits.
    private static final Duration STOP_LIMIT = Duration.ofSeconds(14);

    /// Nobody may wait longer for a log that nobody reads.
    private static final Duration LAST_WORDS_LIMIT = Duration.ofSeconds(1);

    /// As of a process that was killed: nothing was closed.
    private static final int HALTED = 137;

    private final Broker broker;
    private final Ready ready;
    private final CompletableFuture<String> stopped;
    private final AtomicBoolean ended = new AtomicBoolean();

    private BrokerRun(Broker broker, Ready ready, CompletableFuture<String> stopped) {
        this.broker = broker;
        this.ready = ready;
        this.stopped = stopped;
    }

    /// Starts a broker; returns when it serves.
    ///
    /// @throws CommandFailure it cannot start or does not get ready; nothing is left running
    static BrokerRun start(BrokerConfig config, String version) throws CommandFailure {
        // Beside the start: the JVM's management takes a tenth of a second to come up.
        Thread.ofPlatform().daemon().name("second-compiler").start(SecondCompiler::limit);
        CompletableFuture<String> stopped = new CompletableFuture<>();
        Broker broker;
        try {
            broker = Broker.start(config, version, new ProcessExit(stopped));
        } catch (BrokerStartException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()), e);
        }
        Ready ready =
                new Ready(
                        broker.kafka(),
                        broker.http(),
                        broker.bucketUrl(),
                        config.node().dataDir().toString(),
                        broker.clusterId(),
                        broker.generation(),
                        ProcessHandle.current().pid());
        BrokerRun run = new BrokerRun(broker, ready, stopped);
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().name("stop").unstarted(run::onSignal));
        try {
            if (!broker.awaitReady(READY_LIMIT)) {
                run.close();
                throw new CommandFailure(
                        "broker does not get ready: seconds="
                                + READY_LIMIT.toSeconds()
                                + "; see its log");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            run.close();
            throw new CommandFailure("interrupted", e);
        }
        return run;
    }

    Ready ready() {
        return ready;
    }

    /// Waits until the broker stops by itself, and closes it. One that is told to stop ends the
    /// process from within.
    ///
    /// @return why it stopped
    CommandFailure awaitEnd() {
        try {
            return new CommandFailure("broker stopped: " + stopped.get());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new CommandFailure("interrupted", e);
        } catch (ExecutionException e) {
            return new CommandFailure("broker stopped: " + e.getCause(), e);
        } finally {
            close();
        }
    }

    private void onSignal() {
        if (!ended.compareAndSet(false, true)) {
            return;
        }
        LOG.info("told to stop");
        boolean inTime = closeWithin(STOP_LIMIT);
        if (inTime) {
            LOG.info("stopped");
        } else {
            LOG.warn("did not close in time: seconds={}", STOP_LIMIT.toSeconds());
        }
        Runtime.getRuntime().halt(inTime ? ExitCode.DONE : ExitCode.FAILED);
    }

    private boolean closeWithin(Duration limit) {
        CountDownLatch closed = new CountDownLatch(1);
        Thread.ofPlatform()
                .daemon()
                .name("close")
                .start(() -> {
                    broker.close();
                    closed.countDown();
                });
        try {
            return closed.await(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void close() {
        if (ended.compareAndSet(false, true)) {
            boolean inTime = closeWithin(STOP_LIMIT);
            if (!inTime) {
                LOG.warn("did not close in time: seconds={}", STOP_LIMIT.toSeconds());
            }
        }
    }

    /// How a broker ends this process.
    private record ProcessExit(CompletableFuture<String> stopped) implements BrokerExit {
        @Override
        public void halt(String fact, Throwable cause) {
            Thread.ofPlatform()
                    .daemon()
                    .start(() -> {
                        LockSupport.parkNanos(LAST_WORDS_LIMIT.toNanos());
                        Runtime.getRuntime().halt(HALTED);
                    });
            try {
                LOG.error("halting at once: {}", fact, cause);
            } finally {
                Runtime.getRuntime().halt(HALTED);
            }
        }

        @Override
        public void stop(String reason) {
            stopped.complete(reason);
        }
    }
}
