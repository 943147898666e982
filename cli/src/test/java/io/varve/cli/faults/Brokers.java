// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults;

import io.varve.cli.durability.BrokerNode;
import io.varve.cli.durability.Program;
import io.varve.cli.durability.SmallDisk;
import io.varve.cli.faults.client.Errors;
import io.varve.cli.faults.net.Links;
import io.varve.cli.faults.net.Peers;
import io.varve.cli.faults.net.TcpProxy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// One to five brokers of one cluster, as processes; between each of them, and between them and
/// every client, a proxy. Closed, nothing of it runs. Owner: one thread, but for [#lives].
final class Brokers implements AutoCloseable {
    private static final Duration FLUSH_LIMIT = Duration.ofSeconds(60);

    private final SortedMap<Integer, BrokerNode> nodes = new ConcurrentSkipListMap<>();
    private final Map<Integer, Integer> lives = new ConcurrentHashMap<>();
    private final TreeSet<Integer> paused = new TreeSet<>();

    /// Those that are dead for a reason.
    private final TreeSet<Integer> ended = new TreeSet<>();

    private final List<TcpProxy> proxies = new ArrayList<>();
    private final Links links = new Links();
    private final Peers peers = new Peers();
    private final List<String> bootstrap = new ArrayList<>();
    private final HttpClient http = HttpClient.newHttpClient();

    private final List<SmallDisk> kept = new ArrayList<>();

    private Brokers() {}

    /// Closed after the last broker.
    void keep(SmallDisk disk) {
        kept.add(disk);
    }

    /// Not started.
    ///
    /// @param settings keys of every broker's configuration
    static Brokers in(Path folder, int count, Bucket bucket, Map<String, String> settings)
            throws IOException {
        Brokers brokers = new Brokers();
        InetAddress own = InetAddress.getLoopbackAddress();
        List<String> seeds = new ArrayList<>();
        for (int id = 1; id <= count; id++) {
            BrokerNode node =
                    BrokerNode.in(folder.resolve("broker-" + id))
                            .with("node.id", String.valueOf(id))
                            .with("archive.bucket", bucket.url());
            settings.forEach(node::with);
            bucket.environment().forEach(node::withEnvironment);
            String party = party(id);
            brokers.peers.know(party, node::pid);
            int colon = node.kafka().lastIndexOf(':');
            int kafkaPort = Integer.parseInt(node.kafka().substring(colon + 1));
            int kafkaProxy =
                    brokers.proxy(Program.freePort(), party, new InetSocketAddress(own, kafkaPort));
            node.with("advertised.listeners", "PLAINTEXT://127.0.0.1:" + kafkaProxy);
            brokers.bootstrap.add("127.0.0.1:" + kafkaProxy);
            if (count > 1) {
                int raftPort = Program.freePort();
                node.with("raft.listener", "127.0.0.1:" + raftPort);
                int raftProxy =
                        brokers.proxy(
                                Program.freePort(), party, new InetSocketAddress(own, raftPort));
                seeds.add(id + "@127.0.0.1:" + raftProxy);
            }
            brokers.nodes.put(id, node);
        }
        if (count > 1) {
            brokers.nodes
                    .values()
                    .forEach(node -> node.with("cluster.seeds", String.join(",", seeds)));
        }
        return brokers;
    }

    private int proxy(int port, String party, InetSocketAddress target) throws IOException {
        TcpProxy proxy = TcpProxy.start(links, peers, port, party, target);
        proxies.add(proxy);
        return proxy.port();
    }

    /// The name of a broker in [Links].
    static String party(int id) {
        return "broker-" + id;
    }

    Links links() {
        return links;
    }

    Collection<Integer> ids() {
        return nodes.keySet();
    }

    int count() {
        return nodes.size();
    }

    BrokerNode node(int id) {
        BrokerNode node = nodes.get(id);
        if (node == null) {
            throw new IllegalArgumentException("no such broker: id=" + id);
        }
        return node;
    }

    /// Where clients connect.
    String bootstrap() {
        return String.join(",", bootstrap);
    }

    /// Of each broker that lives, a name of this life and where its HTTP side is.
    Map<String, String> lives() {
        return nodes.entrySet().stream()
                .filter(node -> node.getValue().alive())
                .collect(
                        Collectors.toMap(
                                node ->
                                        party(node.getKey())
                                                + "/"
                                                + lives.getOrDefault(node.getKey(), 0),
                                node -> node.getValue().http()));
    }

    /// Starts a broker; returns at once.
    void spawn(int id) throws IOException {
        lives.merge(id, 1, Integer::sum);
        ended.remove(id);
        node(id).spawn();
    }

    /// Starts all brokers that do not run and returns when every one is ready.
    void startDead() throws IOException {
        List<Integer> dead = nodes.keySet().stream().filter(id -> !node(id).alive()).toList();
        for (int id : dead) {
            spawn(id);
        }
        for (int id : dead) {
            node(id).awaitReady();
        }
    }

    void kill(int id) {
        expectEnd(id);
        node(id).kill();
        paused.remove(id);
    }

    /// It may end by itself.
    void expectEnd(int id) {
        ended.add(id);
    }

    /// Brokers that ended though nobody killed them and no fault excuses it.
    List<Integer> deadForNoReason() {
        return dead().stream().filter(id -> !ended.contains(id)).toList();
    }

    void pause(int id) throws IOException {
        signal(id, "STOP");
        paused.add(id);
    }

    void resume(int id) throws IOException {
        signal(id, "CONT");
        paused.remove(id);
    }

    void resumeAll() throws IOException {
        for (int id : List.copyOf(paused)) {
            resume(id);
        }
    }

    private void signal(int id, String name) throws IOException {
        Process kill =
                new ProcessBuilder("kill", "-" + name, String.valueOf(node(id).pid()))
                        .inheritIO()
                        .start();
        try {
            if (!kill.waitFor(5, TimeUnit.SECONDS) || kill.exitValue() != 0) {
                throw new IOException("signal not sent: broker=" + id + ", signal=" + name);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("signal not sent: broker=" + id + ", signal=" + name, e);
        }
    }

    /// All other parties that a broker talks with about Raft.
    List<String> others(int id) {
        return nodes.keySet().stream().filter(other -> other != id).map(Brokers::party).toList();
    }

    /// Returns when every broker has in the bucket what was acknowledged before.
    ///
    /// @return what went wrong, by broker
    List<String> flushArchive() throws InterruptedException {
        List<String> wrong = new ArrayList<>();
        for (BrokerNode node : nodes.values()) {
            try {
                HttpResponse<String> answer =
                        http.send(
                                HttpRequest.newBuilder(
                                                URI.create(
                                                        "http://"
                                                                + node.http()
                                                                + "/api/v1/archive/flush"))
                                        .timeout(FLUSH_LIMIT)
                                        .POST(HttpRequest.BodyPublishers.noBody())
                                        .build(),
                                HttpResponse.BodyHandlers.ofString());
                if (answer.statusCode() != 200) {
                    wrong.add(node.http() + ": " + answer.statusCode() + " " + answer.body());
                }
            } catch (IOException e) {
                wrong.add(node.http() + ": " + Errors.text(e));
            }
        }
        return wrong;
    }

    /// Brokers that do not run.
    List<Integer> dead() {
        return IntStream.rangeClosed(1, nodes.size())
                .filter(id -> !node(id).alive())
                .boxed()
                .toList();
    }

    @Override
    public void close() throws IOException {
        nodes.values().forEach(BrokerNode::close);
        proxies.forEach(TcpProxy::close);
        http.close();
        for (SmallDisk disk : kept) {
            disk.close();
        }
    }
}
