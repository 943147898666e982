// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.demo;

import io.varve.cli.demo.DemoReport.Rto;
import io.varve.cli.demo.DemoReport.Step;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/// The demo's story, step by step; ends with the first step that fails. Owner: one thread.
final class DemoScript {
    /// Longer than the session of a member that was lost with the brokers.
    private static final Duration GROUP_LIMIT = Duration.ofSeconds(60);

    private static final Duration WRITE_BEFORE = Duration.ofSeconds(4);

    /// Longer than the archive's interval, so that journals are put while the writers run.
    private static final Duration WRITE_UNTIL_KILL = Duration.ofSeconds(8);

    /// Longer than the archive's interval: that the members left is in the bucket then. Of a group
    /// whose members are lost in the act, new ones get their partitions when the session of the old
    /// has run out.
    private static final Duration WRITE_AFTER_GROUPS = Duration.ofSeconds(6);

    private static final int STEADY_RECORDS = 100;

    private final Demo demo;
    private final Consumer<Step> shown;
    private final List<Step> steps = new ArrayList<>();
    private double firstReadSeconds;
    private double firstWriteSeconds;
    private double groupsReadySeconds;

    /// One step's work; gives its result in words.
    @FunctionalInterface
    private interface Work {
        String run() throws Exception;
    }

    /// @param shown told each step as it ends
    DemoScript(Demo demo, Consumer<Step> shown) {
        this.demo = demo;
        this.shown = shown;
    }

    List<Step> steps() {
        return List.copyOf(steps);
    }

    Rto rto() {
        return new Rto(firstReadSeconds, firstWriteSeconds, groupsReadySeconds);
    }

    /// @return whether every step went well
    boolean run() {
        return before() && disaster() && after();
    }

    private boolean before() {
        return step("start three brokers", demo::startBrokers)
                && step("create topics", demo::createTopics)
                && step(
                        "write with five codecs",
                        () -> {
                            demo.startWriters();
                            demo.writeSteadily(STEADY_RECORDS);
                            LockSupport.parkNanos(WRITE_BEFORE.toNanos());
                            return demo.stopWriters();
                        })
                && step("read as two groups", () -> demo.readAsGroups(500, GROUP_LIMIT))
                && step("archive everything", demo::flush)
                && step("free the local disk", demo::awaitFreed)
                && step("read all of it", demo::compareBefore);
    }

    private boolean disaster() {
        return step(
                        "write on, read on",
                        () -> {
                            demo.startWriters();
                            long startNs = System.nanoTime();
                            String groups = demo.readAsGroups(200, GROUP_LIMIT);
                            LockSupport.parkNanos(
                                    Math.max(
                                            WRITE_AFTER_GROUPS.toNanos(),
                                            WRITE_UNTIL_KILL.toNanos()
                                                    - (System.nanoTime() - startNs)));
                            return groups + ", " + demo.truth().count() + " records acknowledged";
                        })
                && step("lose all brokers and their disks", demo::killAndRemove);
    }

    private boolean after() {
        return step("recover from the bucket", demo::recover)
                && step("start new brokers on empty disks", demo::startBrokers)
                && step(
                        "first read",
                        () -> {
                            String read = demo.firstRead();
                            firstReadSeconds = demo.sinceRestoreStart();
                            return read;
                        })
                && step("compare topics and configs", demo::compareTopics)
                && step("compare every record", demo::compareAfter)
                && step("compare every group offset", demo::compareGroups)
                && step(
                        "the old producer goes on",
                        () -> {
                            demo.forgetLost();
                            demo.writeSteadily(STEADY_RECORDS);
                            firstWriteSeconds = demo.sinceRestoreStart();
                            return STEADY_RECORDS + " records, same producer";
                        })
                && step(
                        "the groups go on",
                        () -> {
                            String groups = demo.readAsGroups(100, GROUP_LIMIT);
                            groupsReadySeconds = demo.sinceRestoreStart();
                            return groups;
                        })
                && step("compare once more", demo::compareAtEnd);
    }

    private boolean step(String name, Work work) {
        long startNs = System.nanoTime();
        Step step;
        try {
            String result = work.run();
            step = new Step(name, true, seconds(startNs), result);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            step = new Step(name, false, seconds(startNs), "interrupted");
        } catch (Exception e) {
            String message = e.getMessage() == null ? e.toString() : e.getMessage();
            step = new Step(name, false, seconds(startNs), message);
        }
        steps.add(step);
        shown.accept(step);
        return step.ok();
    }

    private static double seconds(long startNs) {
        return Math.round((System.nanoTime() - startNs) / 1e7) / 100.0;
    }
}
