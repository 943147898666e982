// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults;

import io.varve.cli.durability.Ended;
import io.varve.cli.durability.Program;
import io.varve.cli.durability.SeededRecords;
import io.varve.cli.durability.SmallDisk;
import io.varve.cli.faults.client.Errors;
import io.varve.cli.faults.client.Ticks;
import io.varve.cli.faults.client.WholeRead;
import io.varve.cli.faults.disk.Strace;
import io.varve.cli.faults.history.History;
import io.varve.cli.faults.history.LogChecks;
import io.varve.cli.faults.history.ProgressChecks;
import io.varve.cli.faults.history.ReaderChecks;
import io.varve.cli.faults.history.Violation.Kind;
import io.varve.cli.faults.history.Violations;
import io.varve.cli.faults.history.WholeLog;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.TopicPartition;

/// One run of one scenario with one seed: a new cluster under load, the faults, healing, and every
/// check; then the cluster is destroyed and restored from its bucket, and checked again. Owner: one
/// thread.
final class Trial {
    /// On a busy machine everything takes longer: time limits are multiplied by this.
    static final int PATIENCE = Integer.getInteger("faults.patience", 1);

    private static final int PARTITIONS = 4;
    private static final int SMALL_DISK_MEGABYTES = 160;
    private static final Duration WARM = Duration.ofSeconds(40);
    private static final Duration ANSWERS = Duration.ofSeconds(60);
    private static final Duration DRAIN = Duration.ofSeconds(40);
    private static final Duration RECOVER = Duration.ofSeconds(60);

    private static final List<TopicPartition> ORDERS =
            IntStream.range(0, PARTITIONS).mapToObj(p -> new TopicPartition("orders", p)).toList();

    private final Scenario scenario;
    private final long seed;
    private final int count;
    private final Path folder;
    private final SeededRecords records;
    private final Violations found = new Violations();
    private final Map<String, Long> figures = new HashMap<>();
    private final List<String> complaints = new ArrayList<>();

    private Trial(Scenario scenario, long seed, int count, Path folder) {
        this.scenario = scenario;
        this.seed = seed;
        this.count = count;
        this.folder = folder;
        this.records = new SeededRecords(seed, 20, 1_500);
    }

    /// @param folder new, for data, logs and the history
    static Verdict run(Scenario scenario, long seed, int brokers, Path folder) throws Exception {
        if (brokers < scenario.brokersMin()) {
            return Verdict.skipped(
                    scenario, seed, brokers, "needs " + scenario.brokersMin() + " brokers");
        }
        if (scenario.needs().contains(Scenario.Need.STRACE) && !Strace.runs()) {
            return Verdict.skipped(
                    scenario, seed, brokers, "strace is not installed or may not trace");
        }
        return new Trial(scenario, seed, brokers, folder).run();
    }

    /// @param count brokers of the cluster
    private Map<String, String> settings(int count) {
        Map<String, String> settings = new HashMap<>();
        settings.put("archive.interval.ms", "500");
        settings.put("archive.segment.bytes", "131072");
        settings.put("archive.segment.age.ms", "3000");
        settings.put("log.file.bytes", "1048576");
        settings.put("log.local.retention.ms", "4000");
        settings.put("log.retention.check.interval.ms", "1000");
        settings.put("default.replication.factor", String.valueOf(replication(count)));
        settings.put("offsets.topic.replication.factor", String.valueOf(replication(count)));
        settings.putAll(scenario.settings());
        return settings;
    }

    private static int replication(int count) {
        return Math.min(3, count);
    }

    /// Odd seeds restore onto as many brokers as there were, even ones onto a single one.
    private int restoredOnto() {
        return seed % 2 == 0 ? 1 : count;
    }

    private Verdict run() throws Exception {
        Files.createDirectories(folder);
        Optional<Path> minio = MinioBucket.command();
        boolean http = scenario.needs().contains(Scenario.Need.HTTP_BUCKET);
        if (http && minio.isEmpty()) {
            return Verdict.skipped(
                    scenario, seed, count, "no MinIO here: bin/test-servers minio install");
        }
        Bucket bucket =
                http
                        ? MinioBucket.start(minio.orElseThrow(), folder)
                        : new FolderBucket(folder.resolve("bucket"));
        Brokers brokers = Brokers.in(folder, count, bucket, settings(count));
        try (History history = History.in(folder.resolve("history.ndjson"));
                Stage stage = new Stage(folder, brokers, bucket, history, records, ORDERS)) {
            if (scenario.needs().contains(Scenario.Need.SMALL_DISK) && !smallDisk(brokers)) {
                return Verdict.skipped(scenario, seed, count, "no file system can be mounted here");
            }
            try {
                perform(stage);
            } catch (Exception | AssertionError e) {
                stage.say("broke off: " + Errors.text(e));
                complaints.add("the run broke off: " + Errors.text(e));
            }
            figures.putAll(stage.figures());
            complaints.addAll(stage.complaints());
        }
        return new Verdict(
                scenario, seed, count, figures, found.counts(), found.shown(), complaints, "");
    }

    private void perform(Stage stage) throws Exception {
        Brokers brokers = stage.brokers();
        History history = stage.history();
        brokers.startDead();
        createTopic(brokers.bootstrap());
        stage.say("cluster of " + count + " serves");
        WholeLog log;
        Map<String, Map<TopicPartition, Long>> committed;
        try (Clients clients = Clients.start(brokers, ORDERS, records, history)) {
            boolean warm =
                    !Ticks.passWhile(
                            WARM.multipliedBy(PATIENCE),
                            () ->
                                    !clients.allBegun(ORDERS)
                                            || clients.acknowledged() < 50L * PARTITIONS);
            if (!warm) {
                complaints.add("no load before any fault, in " + WARM.toSeconds() + " s");
            }
            play(stage);
            finish(stage, clients);
            committed = Clients.committed(brokers.bootstrap(), clients.groups());
            log = WholeRead.of("log", brokers.bootstrap(), ORDERS, records, history);
            figures.put("acknowledged", clients.acknowledged());
            figures.put("readOld", clients.readOld());
            figures.put("log", log.count());
        }
        check(history, log, committed);
        complaints.addAll(brokers.flushArchive());
        brokers.ids().forEach(brokers::kill);
        audit(stage);
        stage.say("all brokers dead, disks lost: restoring from the bucket");
        restore(stage, log, committed);
        audit(stage);
        stage.say("done");
    }

    private boolean smallDisk(Brokers brokers) throws Exception {
        Optional<SmallDisk> disk = SmallDisk.mount(folder.resolve("disk"), SMALL_DISK_MEGABYTES);
        if (disk.isEmpty()) {
            return false;
        }
        brokers.keep(disk.get());
        brokers.node(count).with("log.dirs", disk.get().folder().resolve("data").toString());
        return true;
    }

    private void createTopic(String bootstrap) throws Exception {
        Map<String, String> configs = count >= 3 ? Map.of("min.insync.replicas", "2") : Map.of();
        try (Admin admin =
                Admin.create(
                        Map.of(
                                "bootstrap.servers",
                                bootstrap,
                                "default.api.timeout.ms",
                                "30000"))) {
            admin.createTopics(
                            List.of(
                                    new NewTopic("orders", PARTITIONS, (short) replication(count))
                                            .configs(configs)))
                    .all()
                    .get(30, TimeUnit.SECONDS);
        }
    }

    /// The faults; then their end, and the proof that all goes on.
    private void play(Stage stage) throws Exception {
        long fromNs = stage.history().nowNs();
        for (Step step : scenario.steps()) {
            String chosen = step.act().on(stage);
            stage.say(step.what() + ": " + chosen);
        }
        stage.heal();
        for (int id : stage.brokers().deadForNoReason()) {
            complaints.add("broker " + id + " ended by itself");
        }
        stage.brokers().startDead();
        Optional<Duration> healed = stage.awaitProgress(scenario.healing().multipliedBy(PATIENCE));
        stage.say("healed: " + healed.map(time -> time.toMillis() + " ms").orElse("NO"));
        if (healed.isEmpty()) {
            found.add(
                    Kind.STALLED,
                    "not every partition took a record in "
                            + scenario.healing()
                            + " after the end");
        }
        long toNs = stage.history().nowNs();
        Map<TopicPartition, Long> stalls =
                ProgressChecks.longestStallNs(
                        stage.history().events(), Set.copyOf(ORDERS), fromNs, toNs);
        long longest = stalls.values().stream().mapToLong(Long::longValue).max().orElse(0);
        figures.put("longestStallMs", TimeUnit.NANOSECONDS.toMillis(longest));
        Duration most = scenario.stallMax();
        if (stage.redundant() && most != null && longest > PATIENCE * most.toNanos()) {
            found.add(
                    Kind.STALLED,
                    "a majority lived, and partitions stood still for "
                            + Duration.ofNanos(longest)
                            + ", more than "
                            + most);
        }
    }

    private void finish(Stage stage, Clients clients) throws Exception {
        if (!clients.finishProducers(ANSWERS.multipliedBy(PATIENCE))) {
            found.add(Kind.STALLED, "records without an answer " + ANSWERS + " after the end");
        }
        Map<TopicPartition, Long> ends = WholeRead.ends(stage.brokers().bootstrap(), ORDERS);
        clients.finishReaders(ends, DRAIN.multipliedBy(PATIENCE))
                .forEach(stuck -> found.add(Kind.STALLED, stuck));
    }

    private void check(
            History history, WholeLog log, Map<String, Map<TopicPartition, Long>> committed) {
        var events = history.events();
        LogChecks.clients(events, found);
        LogChecks.shape(events, log, found);
        LogChecks.acknowledged(events, log, found);
        LogChecks.readIsThere(events, log, found);
        ReaderChecks.polls(events, found);
        ReaderChecks.groups(events, found);
        ReaderChecks.groupsReadAll(events, log, committed, found);
        ProgressChecks.neverBack(events, found);
    }

    /// The bucket by itself: nothing may be wrong with it, down to its bytes.
    private void audit(Stage stage) throws Exception {
        Ended audited =
                Program.run(
                        folder,
                        stage.bucket().environment(),
                        RECOVER.multipliedBy(PATIENCE),
                        "audit",
                        "--bucket",
                        stage.bucket().url(),
                        "--level",
                        "bytes",
                        "-o",
                        "json");
        if (audited.exitCode() != 0) {
            found.add(
                    Kind.BUCKET,
                    "audit ended with "
                            + audited.exitCode()
                            + ": "
                            + audited.out()
                            + audited.said());
        }
    }

    /// Everything again from the bucket alone, as it was.
    private void restore(
            Stage stage, WholeLog log, Map<String, Map<TopicPartition, Long>> committed)
            throws Exception {
        Ended recovered =
                Program.run(
                        folder,
                        stage.bucket().environment(),
                        RECOVER.multipliedBy(PATIENCE),
                        "recover",
                        "run",
                        "--cluster",
                        "--bucket",
                        stage.bucket().url(),
                        "--yes",
                        "--force");
        if (recovered.exitCode() != 0) {
            found.add(
                    Kind.BUCKET,
                    "recover ended with " + recovered.exitCode() + ": " + recovered.said());
            return;
        }
        History history = stage.history();
        int brokers = restoredOnto();
        figures.put("restoredOnto", (long) brokers);
        try (Brokers restored =
                Brokers.in(
                        folder.resolve("restored"), brokers, stage.bucket(), settings(brokers))) {
            restored.startDead();
            WholeLog again =
                    WholeRead.of("restored", restored.bootstrap(), ORDERS, records, history);
            figures.put("restored", again.count());
            LogChecks.shape(history.events(), again, found);
            LogChecks.acknowledged(history.events(), again, found);
            LogChecks.same(log, again, false, found);
            LogChecks.oneValue(history.events(), List.of(log, again), found);
            Map<String, Map<TopicPartition, Long>> groups =
                    Clients.committed(restored.bootstrap(), committed.keySet());
            if (!groups.equals(committed)) {
                found.add(Kind.GROUP, "restored " + groups + ", were " + committed);
            }
        } catch (Exception | AssertionError e) {
            found.add(Kind.BUCKET, "the restored cluster does not serve: " + Errors.text(e));
        }
    }
}
