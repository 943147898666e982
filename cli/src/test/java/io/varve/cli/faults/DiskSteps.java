// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults;

import io.varve.cli.durability.Folders;
import io.varve.cli.faults.client.Ticks;
import io.varve.cli.faults.disk.Strace;
import io.varve.objectstore.wire.Fault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/// The words of which scenarios are made: disks. Stateless.
final class DiskSteps {
    private static final int FLIPS_PER_FILE = 40;

    /// Of the broker's reserve of 8 MiB: two files of 1 MiB for each of its four shards.
    private static final long RESERVE_LEFT_BYTES = 6L << 20;

    /// A busy machine takes its time to fill a file.
    private static final Duration CLOSED_LIMIT = Duration.ofSeconds(60);

    /// At the head of a file stands what names it.
    private static final int HEAD_BYTES = 8 * 1024;

    private DiskSteps() {}

    /// Foreign bytes on the small disk until no more fits.
    static Step fillDisk() {
        return fillDisk("disk of the last broker full", 0);
    }

    /// Foreign bytes on the small disk until only a part of the broker's reserve is left.
    static Step fillDiskIntoReserve() {
        return fillDisk("disk of the last broker nearly full", RESERVE_LEFT_BYTES);
    }

    private static Step fillDisk(String what, long leftBytes) {
        return new Step(
                what,
                stage -> {
                    int id = stage.brokers().count();
                    Path filler = stage.brokers().node(id).data().getParent().resolve("filler");
                    stage.later(() -> Files.deleteIfExists(filler));
                    long bytes = Folders.fill(filler, leftBytes);
                    return "broker " + id + ", " + bytes + " bytes";
                });
    }

    /// The last broker leads nothing any more.
    static Step othersLead(Duration limit) {
        return Steps.holdsIn(
                limit,
                "led by others",
                stage -> !stage.leaders().contains(stage.brokers().count()));
    }

    /// Fills it again and again: what the broker frees is taken, too.
    static Step keepFull(double leastSeconds, double mostSeconds) {
        return new Step(
                "kept full",
                stage -> {
                    int id = stage.brokers().count();
                    Path folder = stage.brokers().node(id).data().getParent();
                    Duration time = stage.between(leastSeconds, mostSeconds);
                    long endNs = System.nanoTime() + time.toNanos();
                    for (int i = 0; System.nanoTime() < endNs; i++) {
                        Path filler = folder.resolve("filler-" + i);
                        stage.later(() -> Files.deleteIfExists(filler));
                        long _ = Folders.fill(filler, 0);
                        stage.pass(Duration.ofMillis(500));
                    }
                    return time.toMillis() + " ms";
                });
    }

    static Step freeDisk() {
        return new Step(
                "disk free again",
                stage -> {
                    int id = stage.brokers().count();
                    Path folder = stage.brokers().node(id).data().getParent();
                    List<Path> fillers = Folders.files(folder, ".*/filler[^/]*");
                    for (Path filler : fillers) {
                        Files.deleteIfExists(filler);
                    }
                    return "broker " + id;
                });
    }

    /// Some flushes of the broker fail, once for each of its threads.
    ///
    /// @param limit within which it must have noticed: it ends
    static Step failFsyncOnce(Who who, Duration limit) {
        return new Step(
                "fdatasync and fsync answer EIO once",
                stage -> {
                    List<Integer> chosen = stage.choose(who);
                    for (int id : chosen) {
                        stage.brokers().expectEnd(id);
                        try (Strace trace =
                                Strace.attach(
                                        stage.brokers().node(id).pid(),
                                        stage.folder().resolve("strace-" + id + ".txt"),
                                        "fdatasync,fsync:error=EIO:when=1")) {
                            boolean ended =
                                    !Ticks.passWhile(limit, stage.brokers().node(id)::alive);
                            if (trace.injected() == 0) {
                                stage.complain("no flush was made to fail: broker " + id);
                            } else if (!ended) {
                                stage.complain(
                                        "a flush failed and the broker lives on after "
                                                + limit.toSeconds()
                                                + " s: broker "
                                                + id);
                            }
                        }
                    }
                    return chosen + ", ended=" + stage.brokers().dead();
                });
    }

    /// Every flush of the broker takes longer.
    static Step slowFsync(Who who, Duration delay, double leastSeconds, double mostSeconds) {
        return new Step(
                "each flush takes " + delay.toMillis() + " ms more",
                stage -> {
                    List<Integer> chosen = stage.choose(who);
                    Duration time = stage.between(leastSeconds, mostSeconds);
                    List<Strace> traces = new ArrayList<>();
                    try {
                        for (int id : chosen) {
                            traces.add(
                                    Strace.attach(
                                            stage.brokers().node(id).pid(),
                                            stage.folder().resolve("strace-" + id + ".txt"),
                                            "fdatasync,fsync:delay_exit="
                                                    + delay.toNanos() / 1_000));
                        }
                        stage.pass(time);
                    } finally {
                        for (Strace trace : traces) {
                            trace.close();
                        }
                    }
                    return chosen + ", " + time.toMillis() + " ms";
                });
    }

    /// Bits of closed files of the shard log change under the broker.
    static Step flipClosed(Who who) {
        return new Step(
                "bits flipped in closed files of the shard log",
                stage -> {
                    List<Integer> chosen = stage.choose(who);
                    int flips = 0;
                    for (int id : chosen) {
                        var _ = Ticks.passWhile(CLOSED_LIMIT, () -> noneClosed(stage, id));
                        flips += flip(stage, closed(stage, id));
                    }
                    if (flips == 0) {
                        stage.complain("no closed file to damage: " + chosen);
                    }
                    return chosen + ", " + flips + " bits";
                });
    }

    private static boolean noneClosed(Stage stage, int id) {
        try {
            return closed(stage, id).isEmpty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> closed(Stage stage, int id) throws IOException {
        List<Path> closed = new ArrayList<>();
        Path shards = stage.brokers().node(id).data().resolve("shards");
        List<Path> logs = Folders.files(shards, ".*/log/[^/]*\\.log");
        for (int i = 0; i + 1 < logs.size(); i++) {
            // the newest of each shard is open
            if (logs.get(i).getParent().equals(logs.get(i + 1).getParent())) {
                closed.add(logs.get(i));
            }
        }
        return closed;
    }

    private static int flip(Stage stage, List<Path> files) throws IOException {
        int flips = 0;
        for (Path file : files) {
            long size = Files.size(file);
            for (int i = 0; i < FLIPS_PER_FILE && size > 2 * HEAD_BYTES; i++) {
                Folders.flip(file, stage.random().nextLong(HEAD_BYTES, size));
                flips++;
            }
        }
        return flips;
    }

    /// Everything acknowledged so far is in the bucket.
    static Step flushArchive() {
        return new Step(
                "archive flushed",
                stage -> {
                    List<String> wrong = stage.brokers().flushArchive();
                    return wrong.isEmpty() ? "yes" : wrong.toString();
                });
    }

    static Step bucketAway() {
        return new Step(
                "bucket away",
                stage -> {
                    stage.bucket().takeAway();
                    return stage.bucket().url();
                });
    }

    static Step bucketBack() {
        return new Step(
                "bucket back",
                stage -> {
                    stage.bucket().bringBack();
                    return stage.bucket().url();
                });
    }

    /// Metric of any broker above a value while the bucket is away.
    static Step metricAbove(String name, double least, Duration limit) {
        return new Step(
                name + " above " + least,
                stage -> {
                    boolean seen = !Ticks.passWhile(limit, () -> highest(stage, name) <= least);
                    if (!seen) {
                        stage.complain(name + " stays at or below " + least);
                    }
                    return seen ? "yes" : "NO";
                });
    }

    static Step metricBelow(String name, double most, Duration limit) {
        return new Step(
                name + " below " + most,
                stage -> {
                    boolean seen = !Ticks.passWhile(limit, () -> highest(stage, name) >= most);
                    if (!seen) {
                        stage.complain(name + " stays at or above " + most);
                    }
                    return seen ? "yes" : "NO";
                });
    }

    private static double highest(Stage stage, String name) {
        double highest = 0;
        for (int id : stage.brokers().ids()) {
            try {
                highest = Math.max(highest, stage.brokers().node(id).metric(name));
            } catch (Exception e) {
                highest += 0; // this broker says nothing now
            }
        }
        return highest;
    }

    /// Of the PUTs, every so many is carried out and its answer lost.
    static Step loseAnswersOfPuts(int every) {
        return new Step(
                "answer lost of every PUT number " + every,
                stage -> {
                    MinioBucket bucket = (MinioBucket) stage.bucket();
                    AtomicLong puts = new AtomicLong();
                    bucket.answers()
                            .follow(request ->
                                    request.startsWith("PUT ")
                                                    && puts.incrementAndGet() % every == 0
                                            ? Fault.LOSE_ANSWER
                                            : Fault.PASS);
                    return "from now on";
                });
    }

    static Step keepAnswers() {
        return new Step(
                "answers arrive",
                stage -> {
                    MinioBucket bucket = (MinioBucket) stage.bucket();
                    bucket.answers().end();
                    long lost = bucket.answers().faults();
                    stage.figure("answersLost", lost);
                    stage.figure("puts", bucket.answers().puts());
                    if (lost == 0) {
                        stage.complain("no answer was lost");
                    }
                    return lost + " were lost";
                });
    }

    /// Dies as soon as one more object that matches is in the bucket: after its PUT, before what
    /// names it.
    static Step killAfterPut(Who who, String keyPattern, int times) {
        return new Step(
                "kill -9 at a new object " + keyPattern,
                stage -> {
                    int hits = 0;
                    for (int i = 0; i < times; i++) {
                        List<Integer> chosen = stage.choose(who);
                        long before = stage.bucket().count(keyPattern);
                        long endNs = System.nanoTime() + Duration.ofSeconds(15).toNanos();
                        while (System.nanoTime() < endNs
                                && stage.bucket().count(keyPattern) <= before) {
                            java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
                        }
                        if (stage.bucket().count(keyPattern) > before) {
                            hits++;
                        }
                        chosen.forEach(stage.brokers()::kill);
                        stage.pass(stage.between(0, 1));
                        stage.brokers().startDead();
                        stage.pass(stage.between(0.5, 2));
                    }
                    if (hits == 0) {
                        stage.complain("no new object was seen: " + keyPattern);
                    }
                    return hits + " of " + times;
                });
    }
}
