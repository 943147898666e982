// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.shell;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options of commands that speak to a running cluster, and the clients that they give.
public final class ClusterAccess {
    private static final int TIMEOUT_MS = 15_000;

    @Option(
            names = "--bootstrap",
            description = "a broker's Kafka address (default: ${DEFAULT-VALUE})",
            defaultValue = "127.0.0.1:9092",
            paramLabel = "HOST:PORT")
    private String bootstrap = "";

    @Option(
            names = "--command-config",
            description = "file with Kafka client properties",
            paramLabel = "FILE")
    private @Nullable Path commandConfig;

    @Option(
            names = "--http",
            description = "the broker's HTTP address (default: asked of the broker)",
            paramLabel = "HOST:PORT")
    private @Nullable String http;

    public String bootstrap() {
        return bootstrap;
    }

    /// Client properties: the file's, with the bootstrap address and time limits of a command.
    public Properties clientProperties() throws CommandFailure {
        Properties properties = new Properties();
        Path file = commandConfig;
        if (file != null) {
            try (Reader reader = Files.newBufferedReader(file)) {
                properties.load(reader);
            } catch (IOException e) {
                throw new CommandFailure("cannot read --command-config: " + file + ": " + e, e);
            }
        }
        properties.setProperty("bootstrap.servers", bootstrap);
        properties.putIfAbsent("request.timeout.ms", Integer.toString(TIMEOUT_MS));
        properties.putIfAbsent("default.api.timeout.ms", Integer.toString(TIMEOUT_MS));
        properties.putIfAbsent("client.id", "varve-cli");
        return properties;
    }

    public Admin admin() throws CommandFailure {
        try {
            return Admin.create(clientProperties());
        } catch (org.apache.kafka.common.KafkaException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new CommandFailure(
                    "cannot use the cluster's address: --bootstrap="
                            + bootstrap
                            + ": "
                            + cause.getMessage(),
                    e);
        }
    }

    /// Waits for an answer of the cluster; Kafka's errors become one line.
    ///
    /// @param answer null when the client has none under that name
    public <T> T ask(String what, @Nullable KafkaFuture<T> answer) throws CommandFailure {
        if (answer == null) {
            throw new CommandFailure(what + ": --bootstrap=" + bootstrap + ": not in the answer");
        }
        try {
            return answer.get(2 * TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            String hint =
                    cause instanceof org.apache.kafka.common.errors.TimeoutException
                            ? "; is the broker running there?"
                            : "";
            throw new CommandFailure(
                    what + ": --bootstrap=" + bootstrap + ": " + cause.getMessage() + hint, cause);
        } catch (TimeoutException e) {
            throw new CommandFailure(
                    what
                            + ": --bootstrap="
                            + bootstrap
                            + ": no answer; is the broker running there?",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure(what + ": interrupted", e);
        }
    }

    /// The HTTP sides of all brokers that are alive: each speaks for what it leads. Only the one at
    /// `--http` when that is given.
    public List<BrokerHttp> brokers() throws CommandFailure {
        String address = http;
        if (address != null) {
            return List.of(new BrokerHttp(address));
        }
        try (Admin admin = admin()) {
            List<ConfigResource> nodes =
                    ask("cannot reach the cluster", admin.describeCluster().nodes()).stream()
                            .map(Node::id)
                            .sorted()
                            .map(id ->
                                    new ConfigResource(
                                            ConfigResource.Type.BROKER, Integer.toString(id)))
                            .toList();
            if (nodes.isEmpty()) {
                throw new CommandFailure("cluster names no broker: --bootstrap=" + bootstrap);
            }
            List<BrokerHttp> brokers = new ArrayList<>();
            for (ConfigResource node : nodes) {
                brokers.add(new BrokerHttp(httpOf(admin, node)));
            }
            return brokers;
        }
    }

    private String httpOf(Admin admin, ConfigResource broker) throws CommandFailure {
        Config config =
                ask(
                        "cannot read the configuration of broker " + broker.name(),
                        admin.describeConfigs(List.of(broker)).values().get(broker));
        ConfigEntry listener = config.get("http.listener");
        if (listener == null || listener.value() == null) {
            throw new CommandFailure(
                    "broker does not say where its HTTP listens: broker="
                            + broker.name()
                            + ", --bootstrap="
                            + bootstrap
                            + "; give --http HOST:PORT");
        }
        return listener.value();
    }
}
