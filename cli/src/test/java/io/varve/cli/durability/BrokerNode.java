// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.cli.shell.ReadyLine;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/// A broker of ours, `varve server start`, on a data directory, with a configuration: started,
/// killed and started again at the same ports. Killed when it is closed. Owner: one thread.
public final class BrokerNode implements AutoCloseable {
    private static final Duration READY_LIMIT =
            Duration.ofSeconds(60L * Integer.getInteger("faults.patience", 1));
    private static final Duration STOP_LIMIT = Duration.ofSeconds(20);
    private static final Duration HTTP_LIMIT = Duration.ofSeconds(10);

    private final Path folder;
    private final Map<String, String> config = new TreeMap<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private final Path log;
    private final Map<String, String> environment = new TreeMap<>();
    private List<String> wrapper = List.of();
    private @Nullable Process process;

    private BrokerNode(Path folder) {
        this.folder = folder;
        this.log = folder.resolve("broker.log");
    }

    /// A broker with its data in `folder/data` and its bucket in `folder/bucket`; not started.
    public static BrokerNode in(Path folder) throws IOException {
        Files.createDirectories(folder);
        return new BrokerNode(folder)
                .with("node.id", "1")
                .with("log.dirs", folder.resolve("data").toString())
                .with("archive.bucket", "file://" + folder.resolve("bucket"))
                .with("listeners", "PLAINTEXT://127.0.0.1:" + Program.freePort())
                .with("http.listener", "127.0.0.1:" + Program.freePort())
                .with("raft.listener", "127.0.0.1:0")
                .with("shards.per.broker", "1")
                .with("offsets.topic.num.partitions", "4")
                .with("cache.bytes", "67108864");
    }

    /// A key of its configuration from the next start on.
    public BrokerNode with(String key, String value) {
        config.put(key, value);
        return this;
    }

    /// A variable of its environment from the next start on.
    public BrokerNode withEnvironment(String name, String value) {
        environment.put(name, value);
        return this;
    }

    /// Started by this command line, which runs what follows.
    public BrokerNode wrappedBy(List<String> command) {
        wrapper = List.copyOf(command);
        return this;
    }

    public Path data() {
        return Path.of(setting("log.dirs"));
    }

    public Path bucket() {
        return Path.of(URI.create(bucketUrl()).getPath());
    }

    public String bucketUrl() {
        return setting("archive.bucket");
    }

    /// Where Kafka clients connect.
    public String kafka() {
        return setting("listeners").substring("PLAINTEXT://".length());
    }

    public String http() {
        return setting("http.listener");
    }

    private String setting(String key) {
        return config.getOrDefault(key, "");
    }

    public Path folder() {
        return folder;
    }

    public String log() throws IOException {
        return Files.exists(log) ? Files.readString(log) : "";
    }

    /// Starts it; returns when it is ready.
    public BrokerNode start() throws Exception {
        spawn();
        awaitReady();
        return this;
    }

    /// Starts it; returns at once.
    public void spawn() throws IOException {
        assertThat(alive()).as("runs already").isFalse();
        Path file = folder.resolve("varve.properties");
        Files.writeString(
                file,
                config.entrySet().stream()
                        .map(key -> key.getKey() + "=" + key.getValue())
                        .collect(Collectors.joining("\n", "", "\n")));
        List<String> command = new ArrayList<>(wrapper);
        command.addAll(Program.command("server", "start", "--config", file.toString()));
        Files.deleteIfExists(out());
        process = Program.start(command, environment, out().toFile(), log.toFile());
    }

    private Path out() {
        return folder.resolve("broker.out");
    }

    public void awaitReady() throws IOException {
        Awaitility.await()
                .atMost(READY_LIMIT)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> ready() || !alive());
        assertThat(ready()).as("ready; its log: " + lastWords()).isTrue();
    }

    private boolean ready() throws IOException {
        return Files.exists(out()) && ReadyLine.find(Files.readString(out())).isPresent();
    }

    private String lastWords() throws IOException {
        String text = log();
        return text.substring(Math.max(0, text.length() - 3_000));
    }

    public boolean alive() {
        return process != null && process.isAlive();
    }

    public long pid() {
        return process == null ? 0 : process.pid();
    }

    /// SIGKILL; returns when the process is gone.
    public void kill() {
        if (process != null) {
            Program.kill(process);
        }
    }

    /// SIGTERM; returns when the process is gone.
    ///
    /// @return the exit code
    public int stop() throws Exception {
        Process stopped = java.util.Objects.requireNonNull(process);
        stopped.destroy();
        assertThat(stopped.waitFor(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS))
                .as("stopped in " + STOP_LIMIT + ": " + lastWords())
                .isTrue();
        return stopped.exitValue();
    }

    /// Starts it and waits until it ended by itself; what it logged before is not in the answer.
    public Ended startRefused() throws Exception {
        int logged = log().length();
        spawn();
        return awaitEnd(logged);
    }

    /// Waits until it ended by itself.
    ///
    /// @param logged characters of its log that are not in the answer
    public Ended awaitEnd(int logged) throws Exception {
        Ended ended =
                Program.awaitEnd(
                        java.util.Objects.requireNonNull(process), READY_LIMIT, out(), log);
        return Ended.of(ended.exitCode(), ended.out(), ended.err().substring(logged));
    }

    /// What its HTTP side answers.
    public String get(String path) throws Exception {
        return http.send(
                        HttpRequest.newBuilder(URI.create("http://" + http() + path))
                                .timeout(HTTP_LIMIT)
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    /// Sum of a metric over its labels.
    public double metric(String name) throws Exception {
        return get("/metrics")
                .lines()
                .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    @Override
    public void close() {
        kill();
        http.close();
    }
}
