// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.demo;

import io.varve.broker.http.AdminView.Flushed;
import io.varve.broker.http.AdminView.PartitionStorage;
import io.varve.broker.http.AdminView.TopicStorage;
import io.varve.cli.shell.BrokerHttp;
import io.varve.cli.shell.CommandFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/// One run of the demo: its state, and its steps in the order in which [DemoScript] calls them.
/// Owner: one thread.
final class Demo implements AutoCloseable {
    static final String ORDERS = "orders";
    static final String EVENTS = "events";
    private static final List<NewTopic> TOPICS =
            List.of(
                    new NewTopic(ORDERS, 3, (short) DemoCluster.BROKERS)
                            .configs(Map.of("max.message.bytes", "900000")),
                    new NewTopic(EVENTS, 2, (short) DemoCluster.BROKERS)
                            .configs(Map.of("local.retention.ms", "1000")));
    private static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");

    /// What the architecture promises: the interval, and as much again for a journal that was on
    /// its way.
    private static final long LOSS_MS_MAX = 10_000;

    private static final int RECORDS_PER_SECOND = 120;
    private static final Duration FREED_TIMEOUT = Duration.ofSeconds(20);

    private final Path folder;
    private final String bucket;
    private final DemoCluster cluster;
    private final SplittableRandom random;
    private final Truth truth = new Truth();
    private final List<Writer> writers = new ArrayList<>();
    private @Nullable Writer steady;
    private long killedAtMs;
    private long restoreStartNs;
    private Optional<Comparison.Result> restored = Optional.empty();
    private DemoReport.Rpo lost = new DemoReport.Rpo(0, 0);

    Demo(Path folder, String bucket, long seed) throws IOException {
        this.folder = folder;
        this.bucket = bucket;
        this.cluster = new DemoCluster(folder, bucket);
        this.random = new SplittableRandom(seed);
    }

    Truth truth() {
        return truth;
    }

    static List<TopicPartition> partitions() {
        List<TopicPartition> partitions = new ArrayList<>();
        for (NewTopic topic : TOPICS) {
            for (int partition = 0; partition < topic.numPartitions(); partition++) {
                partitions.add(new TopicPartition(topic.name(), partition));
            }
        }
        return partitions;
    }

    String startBrokers() throws CommandFailure, InterruptedException {
        return cluster.start();
    }

    String createTopics() throws ExecutionException, InterruptedException {
        Properties properties = new Properties();
        properties.setProperty("bootstrap.servers", cluster.kafka());
        try (Admin admin = Admin.create(properties)) {
            admin.createTopics(TOPICS).all().get();
        }
        return ORDERS + " (3 partitions), " + EVENTS + " (2 partitions, local.retention.ms=1000)";
    }

    void startWriters() {
        for (String codec : CODECS) {
            Writer writer = new Writer(cluster.kafka(), codec, partitions(), truth, random.split());
            writers.add(writer);
            writer.start(RECORDS_PER_SECOND);
        }
    }

    /// A producer that is silent while the broker dies, and goes on after it.
    void writeSteadily(int records) throws CommandFailure {
        Writer writer = steady;
        if (writer == null) {
            writer = new Writer(cluster.kafka(), "none", partitions(), truth, random.split());
            steady = writer;
        }
        for (int i = 0; i < records; i++) {
            writer.send();
        }
        writer.flush();
        requireSound(List.of(writer));
    }

    String stopWriters() throws CommandFailure, InterruptedException {
        for (Writer writer : writers) {
            writer.stop();
        }
        writers.forEach(Writer::flush);
        requireSound(writers);
        closeWriters();
        return truth.count() + " records acknowledged, codecs " + String.join(" ", CODECS);
    }

    private static void requireSound(List<Writer> writers) throws CommandFailure {
        for (Writer writer : writers) {
            Exception failure = writer.failure();
            if (failure != null) {
                throw new CommandFailure("a producer failed: " + failure, failure);
            }
        }
    }

    private void closeWriters() {
        writers.forEach(Writer::close);
        writers.clear();
    }

    String readAsGroups(long records, Duration limit) throws CommandFailure {
        long classic = readAs("demo-classic", "classic", records, limit);
        long consumer = readAs("demo-consumer", "consumer", records, limit);
        return "classic group read " + classic + ", KIP-848 group read " + consumer;
    }

    private long readAs(String group, String protocol, long records, Duration limit)
            throws CommandFailure {
        try (GroupMember member =
                new GroupMember(cluster.kafka(), group, protocol, List.of(ORDERS, EVENTS), truth)) {
            long read = member.read(records, limit);
            if (read == 0) {
                throw new CommandFailure("group read nothing: group=" + group);
            }
            return read;
        }
    }

    String flush() throws CommandFailure {
        int partitions = 0;
        for (BrokerHttp broker : cluster.https()) {
            partitions +=
                    broker.post("/api/v1/archive/flush?segments=true", Flushed.class)
                            .partitions()
                            .size();
        }
        return partitions + " partitions are in the bucket up to their end";
    }

    /// Waits until old offsets of the topic with a short local retention are in the bucket only.
    String awaitFreed() throws CommandFailure, InterruptedException {
        long deadlineNs = System.nanoTime() + FREED_TIMEOUT.toNanos();
        while (System.nanoTime() < deadlineNs) {
            List<PartitionStorage> partitions = new ArrayList<>();
            for (BrokerHttp broker : cluster.https()) {
                partitions.addAll(
                        broker.get("/api/v1/topics/" + EVENTS + "/storage", TopicStorage.class)
                                .partitions());
            }
            if (!partitions.isEmpty()
                    && partitions.stream().allMatch(p -> p.hotStartOffset() > p.logStartOffset())) {
                return partitions.stream().map(Demo::shown).collect(Collectors.joining("; "));
            }
            java.util.concurrent.locks.LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
        }
        throw new CommandFailure(
                "local disk was not freed in " + FREED_TIMEOUT.toSeconds() + " s: topic=" + EVENTS);
    }

    private static String shown(PartitionStorage p) {
        return EVENTS
                + "-"
                + p.partition()
                + ": "
                + p.logStartOffset()
                + " to "
                + p.hotStartOffset()
                + " from the bucket only, then to "
                + p.highWatermark()
                + " also on disk";
    }

    /// Compares everything on the running broker, where nothing may be missing.
    String compareBefore() throws CommandFailure {
        Comparison.Result result = Comparison.of(cluster.kafka(), truth, partitions());
        require(result.mismatches());
        if (result.lostRecords() > 0) {
            throw new CommandFailure(
                    "acknowledged records are not there: records=" + result.lostRecords());
        }
        return result.matched() + " records identical, old ones from the bucket";
    }

    String killAndRemove() throws InterruptedException, IOException {
        killedAtMs = System.currentTimeMillis();
        long bytes = cluster.killAndRemove();
        closeWriters();
        return "kill -9 of all brokers while writing, "
                + bytes / 1_000_000
                + " MB of local data removed";
    }

    String recover() throws CommandFailure, IOException, InterruptedException {
        restoreStartNs = System.nanoTime();
        Recovery.run(bucket, folder.resolve("recover.log"));
        return "generation 2 is prepared in the bucket";
    }

    double sinceRestoreStart() {
        return (System.nanoTime() - restoreStartNs) / 1e9;
    }

    /// One record of each partition.
    String firstRead() throws CommandFailure {
        try (KafkaConsumer<byte[], byte[]> consumer = Comparison.consumer(cluster.kafka())) {
            TopicPartition first = partitions().getFirst();
            consumer.assign(List.of(first));
            consumer.seekToBeginning(List.of(first));
            if (consumer.poll(Duration.ofSeconds(20)).isEmpty()) {
                throw new CommandFailure("nothing could be read: partition=" + first);
            }
            return "read from " + first;
        }
    }

    String compareAfter() throws CommandFailure {
        Comparison.Result result = Comparison.of(cluster.kafka(), truth, partitions());
        restored = Optional.of(result);
        lost = new DemoReport.Rpo(result.lostMs(truth) / 1e3, result.lostRecords());
        List<String> mismatches = new ArrayList<>(result.mismatches());
        result.lost()
                .forEach((tp, lost) ->
                        lost.forEach((offset, record) -> {
                            if (record.acknowledgedAtMs() < killedAtMs - LOSS_MS_MAX) {
                                mismatches.add(
                                        "lost, and older than the loss allows: partition="
                                                + tp
                                                + ", offset="
                                                + offset);
                            }
                        }));
        require(mismatches);
        return result.matched()
                + " records identical, "
                + result.unacknowledged()
                + " more whose producer never heard, "
                + result.lostRecords()
                + " lost";
    }

    String compareTopics() throws CommandFailure, ExecutionException, InterruptedException {
        require(TopicCheck.mismatches(cluster.kafka(), TOPICS));
        return TOPICS.size() + " topics with their partitions and configs";
    }

    String compareGroups() throws CommandFailure, ExecutionException, InterruptedException {
        Comparison.Result result = restored.orElseThrow();
        require(
                GroupCheck.mismatches(
                        cluster.kafka(), truth, result.ends(), killedAtMs - LOSS_MS_MAX));
        return truth.commits().size() + " groups where they were";
    }

    /// What the disaster cost: known once every record was compared.
    DemoReport.Rpo rpo() {
        return lost;
    }

    /// What was acknowledged and lost is gone: new records take its offsets. Called before anything
    /// is written again.
    void forgetLost() {
        restored.ifPresent(
                result -> result.lost().forEach((tp, lost) -> truth.forget(tp, lost.firstKey())));
    }

    String compareAtEnd() throws CommandFailure {
        Comparison.Result result = Comparison.of(cluster.kafka(), truth, partitions());
        require(result.mismatches());
        if (result.lostRecords() > 0) {
            throw new CommandFailure(
                    "acknowledged records are not there: records=" + result.lostRecords());
        }
        return result.matched() + " records identical";
    }

    private static void require(List<String> mismatches) throws CommandFailure {
        if (!mismatches.isEmpty()) {
            throw new CommandFailure(mismatches.size() + " mismatches: " + mismatches.getFirst());
        }
    }

    /// Leaves the brokers running, for `--keep`.
    List<BrokerProcess> keep() {
        return cluster.release();
    }

    @Override
    public void close() {
        closeWriters();
        Writer writer = steady;
        if (writer != null) {
            writer.close();
        }
        cluster.close();
    }
}
