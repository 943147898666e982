// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults;

import static io.varve.cli.faults.DiskSteps.bucketAway;
import static io.varve.cli.faults.DiskSteps.bucketBack;
import static io.varve.cli.faults.DiskSteps.failFsyncOnce;
import static io.varve.cli.faults.DiskSteps.fillDisk;
import static io.varve.cli.faults.DiskSteps.fillDiskIntoReserve;
import static io.varve.cli.faults.DiskSteps.flipClosed;
import static io.varve.cli.faults.DiskSteps.flushArchive;
import static io.varve.cli.faults.DiskSteps.freeDisk;
import static io.varve.cli.faults.DiskSteps.keepAnswers;
import static io.varve.cli.faults.DiskSteps.keepFull;
import static io.varve.cli.faults.DiskSteps.killAfterPut;
import static io.varve.cli.faults.DiskSteps.loseAnswersOfPuts;
import static io.varve.cli.faults.DiskSteps.metricAbove;
import static io.varve.cli.faults.DiskSteps.metricBelow;
import static io.varve.cli.faults.DiskSteps.othersLead;
import static io.varve.cli.faults.DiskSteps.slowFsync;
import static io.varve.cli.faults.Steps.caughtUpIn;
import static io.varve.cli.faults.Steps.clogOneByOne;
import static io.varve.cli.faults.Steps.crashWhileStarting;
import static io.varve.cli.faults.Steps.deafen;
import static io.varve.cli.faults.Steps.healLinks;
import static io.varve.cli.faults.Steps.isolate;
import static io.varve.cli.faults.Steps.kill;
import static io.varve.cli.faults.Steps.killLoop;
import static io.varve.cli.faults.Steps.load;
import static io.varve.cli.faults.Steps.pause;
import static io.varve.cli.faults.Steps.resetClients;
import static io.varve.cli.faults.Steps.resume;
import static io.varve.cli.faults.Steps.slowLinks;
import static io.varve.cli.faults.Steps.startDead;
import static io.varve.cli.faults.Steps.startIfAlone;
import static io.varve.cli.faults.Steps.unclogOneByOne;
import static io.varve.cli.faults.Steps.wipe;
import static io.varve.cli.faults.Steps.writableIn;

import io.varve.cli.faults.Scenario.Need;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// All scenarios, by their numbers in `docs/faults.md`. Stateless.
final class Scenarios {
    private static final Duration FIVE = Duration.ofSeconds(5);

    private Scenarios() {}

    static Optional<Scenario> find(String asked) {
        return ALL.stream().filter(scenario -> scenario.is(asked)).findFirst();
    }

    static final List<Scenario> ALL =
            List.of(
                    Scenario.of(
                            0, "no-fault", "with no fault at all, everything holds", load(10, 12)),
                    Scenario.of(
                                    1,
                                    "kill-leader",
                                    "a leader dies under load: another within 5 s, nothing"
                                            + " acknowledged lost, nothing double",
                                    load(2, 4),
                                    kill(Who.LEADER),
                                    startIfAlone(),
                                    writableIn(Duration.ofSeconds(20)),
                                    load(3, 5),
                                    startDead(),
                                    load(3, 5),
                                    kill(Who.LEADER),
                                    startIfAlone(),
                                    load(5, 7),
                                    startDead())
                            .stallsAtMost(FIVE),
                    Scenario.of(
                                    2,
                                    "kill-follower",
                                    "a follower dies and comes back later: no client notices, it"
                                            + " catches up",
                                    load(2, 4),
                                    kill(Who.FOLLOWER),
                                    load(14, 18),
                                    startDead(),
                                    caughtUpIn(Duration.ofSeconds(20)),
                                    load(1, 2))
                            .brokers(3)
                            .stallsAtMost(FIVE),
                    Scenario.of(
                            3,
                            "kill-all",
                            "all brokers die at once: all that was acknowledged is served"
                                    + " afterwards, writable in 30 s",
                            load(3, 5),
                            kill(Who.ALL),
                            startDead(),
                            writableIn(Duration.ofSeconds(30)),
                            load(2, 4),
                            kill(Who.ALL),
                            load(0, 1),
                            startDead(),
                            writableIn(Duration.ofSeconds(30))),
                    Scenario.of(
                            6,
                            "crash-in-recovery",
                            "killed again and again while they start: recovery converges",
                            load(3, 5),
                            kill(Who.ALL),
                            crashWhileStarting(Who.ALL, 6),
                            startDead(),
                            writableIn(Duration.ofSeconds(30)),
                            load(1, 2),
                            kill(Who.ANY),
                            crashWhileStarting(Who.VICTIM, 3),
                            startDead(),
                            writableIn(Duration.ofSeconds(30))),
                    Scenario.of(
                                    7,
                                    "pause-leader",
                                    "a leader stands still and comes back as a zombie: it is"
                                            + " fenced, clients have moved on",
                                    load(2, 4),
                                    pause(Who.LEADER),
                                    load(12, 18),
                                    resume(),
                                    load(5, 7))
                            // a client's own time-outs: 3 s for what it sent there, 3 s more when
                            // it
                            // asks the same broker where to go
                            .stallsAtMost(Duration.ofSeconds(8)),
                    Scenario.of(
                                    9,
                                    "cut-leader",
                                    "a leader that the others do not hear stops acknowledging; no"
                                            + " split brain",
                                    load(2, 4),
                                    isolate(Who.LEADER),
                                    load(10, 14),
                                    healLinks(),
                                    load(5, 7))
                            .brokers(3)
                            .stallsAtMost(Duration.ofSeconds(8)),
                    Scenario.of(
                                    10,
                                    "deaf-leader",
                                    "a leader that is heard and hears nothing steps down",
                                    load(2, 4),
                                    deafen(Who.LEADER),
                                    load(10, 14),
                                    healLinks(),
                                    load(5, 7))
                            .brokers(3)
                            .stallsAtMost(Duration.ofSeconds(12)),
                    Scenario.of(
                                    12,
                                    "clog-all-links",
                                    "all links cut one by one, healed in another order: all is"
                                            + " well 10 s later",
                                    load(2, 3),
                                    clogOneByOne(),
                                    load(4, 8),
                                    unclogOneByOne(),
                                    writableIn(Duration.ofSeconds(10)),
                                    load(3, 4))
                            .brokers(3)
                            .healsIn(Duration.ofSeconds(10)),
                    Scenario.of(
                                    13,
                                    "slow-links",
                                    "every link between brokers is late by 150 ms: slower, correct",
                                    load(2, 3),
                                    slowLinks(Duration.ofMillis(150)),
                                    load(14, 18),
                                    healLinks(),
                                    load(2, 3))
                            .brokers(3)
                            .stallsAtMost(Duration.ofSeconds(8)),
                    Scenario.of(
                            14,
                            "reset-clients",
                            "every connection of every client is reset each 2 s: nothing double,"
                                    + " consumers go on",
                            load(2, 3),
                            resetClients(8, Duration.ofSeconds(2)),
                            load(2, 3)),
                    Scenario.of(
                                    16,
                                    "full-disk",
                                    "the disk of one broker is full: others lead, no damage, errors"
                                            + " are retriable, it clears itself",
                                    load(2, 3),
                                    fillDiskIntoReserve(),
                                    othersLead(Duration.ofSeconds(5)),
                                    keepFull(8, 12),
                                    writableIn(Duration.ofSeconds(5)),
                                    freeDisk(),
                                    writableIn(Duration.ofSeconds(30)),
                                    load(4, 6))
                            .needing(Need.SMALL_DISK)
                            .with(Map.of("cache.bytes", "4194304")),
                    Scenario.of(
                                    20,
                                    "slow-flushes",
                                    "each flush of the leader takes 300 ms more: slower, correct",
                                    load(2, 3),
                                    slowFsync(Who.LEADER, Duration.ofMillis(300), 12, 15),
                                    writableIn(Duration.ofSeconds(20)),
                                    load(2, 3))
                            .needing(Need.STRACE),
                    Scenario.of(
                                    21,
                                    "fsync-error",
                                    "fsync answers EIO once: the broker counts as failed, no flush"
                                            + " is tried again",
                                    load(2, 3),
                                    failFsyncOnce(Who.LEADER, Duration.ofSeconds(15)),
                                    startIfAlone(),
                                    load(4, 6),
                                    startDead(),
                                    writableIn(Duration.ofSeconds(30)),
                                    load(3, 4))
                            .needing(Need.STRACE),
                    Scenario.of(
                                    22,
                                    "flipped-bits",
                                    "bits flip in closed files: never served, read from elsewhere",
                                    load(6, 8),
                                    flushArchive(),
                                    flipClosed(Who.LEADER),
                                    load(8, 10))
                            .with(Map.of("log.local.retention.ms", "600000")),
                    Scenario.of(
                                    28,
                                    "bucket-away",
                                    "the bucket is away: producers and readers of new records do"
                                            + " not notice, it drains afterwards",
                                    load(2, 3),
                                    bucketAway(),
                                    metricAbove(
                                            "varve_archive_lag_seconds", 2, Duration.ofSeconds(20)),
                                    load(12, 16),
                                    bucketBack(),
                                    metricBelow(
                                            "varve_archive_lag_seconds", 2, Duration.ofSeconds(40)),
                                    load(2, 3))
                            .stallsAtMost(FIVE)
                            .with(Map.of("log.local.retention.ms", "600000")),
                    Scenario.of(
                                    31,
                                    "lost-answers",
                                    "PUTs are applied and their answers lost: recognised as ours,"
                                            + " no second copy named",
                                    load(2, 3),
                                    loseAnswersOfPuts(3),
                                    load(14, 18),
                                    keepAnswers(),
                                    load(2, 3))
                            .stallsAtMost(FIVE)
                            .needing(Need.HTTP_BUCKET),
                    Scenario.of(
                                    0,
                                    "brimful-disk",
                                    "others fill the disk of one broker at once to the last byte:"
                                            + " others lead, no damage, it clears itself",
                                    load(2, 3),
                                    fillDisk(),
                                    othersLead(Duration.ofSeconds(5)),
                                    keepFull(8, 12),
                                    freeDisk(),
                                    writableIn(Duration.ofSeconds(30)),
                                    load(4, 6))
                            .needing(Need.SMALL_DISK)
                            .with(Map.of("cache.bytes", "4194304")),
                    Scenario.of(
                                    0,
                                    "brimful-election",
                                    "an election while one disk has no byte left: who cannot write"
                                            + " down its vote gives none, and starts again when"
                                            + " there is room",
                                    load(2, 3),
                                    fillDisk(),
                                    keepFull(2, 3),
                                    kill(Who.LEADER),
                                    keepFull(4, 6),
                                    kill(Who.ALL),
                                    freeDisk(),
                                    startDead(),
                                    writableIn(Duration.ofSeconds(30)),
                                    load(4, 6))
                            .needing(Need.SMALL_DISK)
                            .with(Map.of("cache.bytes", "4194304")),
                    Scenario.of(
                                    0,
                                    "replaced-disk",
                                    "a broker comes back with an empty disk: it is another peer,"
                                            + " and gets everything from bucket and leader",
                                    load(4, 6),
                                    kill(Who.FOLLOWER),
                                    wipe(Who.VICTIM),
                                    load(2, 3),
                                    startDead(),
                                    caughtUpIn(Duration.ofSeconds(30)),
                                    load(2, 3))
                            .brokers(3)
                            .stallsAtMost(FIVE),
                    Scenario.of(
                                    0,
                                    "bucket-away-http",
                                    "scenario 28 with a bucket behind HTTP whose link is cut",
                                    load(2, 3),
                                    bucketAway(),
                                    load(14, 18),
                                    bucketBack(),
                                    metricBelow(
                                            "varve_archive_lag_seconds", 2, Duration.ofSeconds(40)),
                                    load(2, 3))
                            .stallsAtMost(FIVE)
                            .needing(Need.HTTP_BUCKET)
                            .with(Map.of("log.local.retention.ms", "600000")),
                    Scenario.of(
                            37,
                            "kill-after-put",
                            "a leader dies between a PUT and the commit that names it: no copy"
                                    + " named twice, no hole",
                            load(2, 3),
                            killAfterPut(Who.LEADER, "segments/[0-9a-f-]+", 4),
                            startDead(),
                            writableIn(Duration.ofSeconds(30)),
                            load(2, 3)),
                    Scenario.of(
                            0,
                            "kill-loop",
                            "any broker is killed every 10 s: nothing lost, doubled or moved,"
                                    + " groups go on where they were",
                            load(2, 3),
                            killLoop(Duration.ofSeconds(10)),
                            startDead()));
}
