// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.demo;

import io.varve.cli.shell.BrokerHttp;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.Folders;
import io.varve.cli.shell.FreePorts;
import io.varve.cli.shell.LoopbackCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;

/// The brokers of a demo: three processes that find each other by `cluster.seeds`, on ports that
/// stay the same when they are started anew. Owner: one thread.
final class DemoCluster implements AutoCloseable {
    static final int BROKERS = 3;

    private final Path folder;
    private final String bucket;
    private final List<Ports> ports;
    private final List<BrokerProcess> running = new ArrayList<>();
    private int life;

    private record Ports(int kafka, int raft) {}

    DemoCluster(Path folder, String bucket) throws IOException {
        this.folder = folder;
        this.bucket = bucket;
        this.ports = freePorts();
    }

    private static List<Ports> freePorts() throws IOException {
        List<Integer> free = FreePorts.find(2 * BROKERS);
        List<Ports> pairs = new ArrayList<>();
        for (int broker = 0; broker < BROKERS; broker++) {
            pairs.add(new Ports(free.get(2 * broker), free.get(2 * broker + 1)));
        }
        return pairs;
    }

    /// Starts all brokers on empty disks, and waits until they serve.
    String start() throws CommandFailure, InterruptedException {
        life++;
        List<CompletableFuture<BrokerProcess>> starting = new ArrayList<>();
        for (int broker = 1; broker <= BROKERS; broker++) {
            int id = broker;
            starting.add(CompletableFuture.supplyAsync(() -> startOne(id)));
        }
        CommandFailure failure = null;
        for (CompletableFuture<BrokerProcess> each : starting) {
            try {
                running.add(each.join());
            } catch (CompletionException e) {
                failure =
                        e.getCause() instanceof CommandFailure known
                                ? known
                                : new CommandFailure("a broker did not start: " + e.getCause(), e);
            }
        }
        if (failure != null) {
            throw failure;
        }
        return running.size()
                + " processes, pids "
                + running.stream()
                        .map(broker -> Long.toString(broker.pid()))
                        .collect(Collectors.joining(" "))
                + ", kafka "
                + kafka();
    }

    private BrokerProcess startOne(int id) {
        try {
            Path config = folder.resolve("broker-" + id + ".properties");
            Files.writeString(config, config(id));
            return BrokerProcess.start(
                    List.of("server", "start", "--config", config.toString()),
                    folder.resolve("broker-" + id + "-" + life + ".log"));
        } catch (CommandFailure | IOException e) {
            throw new CompletionException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CompletionException(e);
        }
    }

    private String config(int id) {
        return LoopbackCluster.properties(
                id,
                ports.stream().map(Ports::raft).toList(),
                ports.get(id - 1).kafka(),
                data(id),
                bucket);
    }

    private Path data(int id) {
        return folder.resolve("data-" + life + "-" + id);
    }

    /// Where clients connect: every broker.
    String kafka() {
        return ports.stream()
                .map(each -> "127.0.0.1:" + each.kafka())
                .collect(Collectors.joining(","));
    }

    List<BrokerProcess> running() {
        return List.copyOf(running);
    }

    List<BrokerHttp> https() {
        return running.stream().map(broker -> new BrokerHttp(broker.http())).toList();
    }

    /// Kills every broker (-9) and removes its disk.
    ///
    /// @return bytes removed
    long killAndRemove() throws InterruptedException, IOException {
        for (BrokerProcess broker : running) {
            broker.kill();
        }
        running.clear();
        long bytes = 0;
        for (int id = 1; id <= BROKERS; id++) {
            bytes += Folders.remove(data(id));
        }
        return bytes;
    }

    /// Leaves the brokers running when this program ends.
    List<BrokerProcess> release() {
        List<BrokerProcess> kept = List.copyOf(running);
        running.clear();
        return kept;
    }

    /// Stops what runs, all at once.
    @Override
    public void close() {
        List<CompletableFuture<Void>> stopping =
                running.stream().map(broker -> CompletableFuture.runAsync(broker::close)).toList();
        stopping.forEach(CompletableFuture::join);
        running.clear();
    }
}
