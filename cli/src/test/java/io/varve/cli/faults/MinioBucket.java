// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults;

import io.varve.cli.durability.Program;
import io.varve.cli.faults.client.Ticks;
import io.varve.cli.faults.net.Links;
import io.varve.cli.faults.net.Peers;
import io.varve.cli.faults.net.TcpProxy;
import io.varve.objectstore.wire.Wire;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// A bucket of a MinIO of its own, behind a link that can be cut and a connection that may be bad.
/// Owner: one thread.
final class MinioBucket implements Bucket {
    private static final String BUCKET = "varve";
    private static final String PARTY = "bucket";
    private static final String BROKERS = "brokers";
    private static final Duration START_LIMIT = Duration.ofSeconds(30);
    private static final Map<String, String> CREDENTIALS =
            Map.of("AWS_ACCESS_KEY_ID", "varve-test", "AWS_SECRET_ACCESS_KEY", "varve-test-secret");

    private final Process server;
    private final Path data;
    private final Links links = new Links();
    private final BadAnswers answers = new BadAnswers();
    private final Wire wire;
    private final TcpProxy front;

    private MinioBucket(Process server, Path data, InetSocketAddress address) throws IOException {
        this.server = server;
        this.data = data;
        this.wire = new Wire(URI.create("http://127.0.0.1:" + address.getPort()));
        wire.follow(answers);
        Peers peers = new Peers();
        peers.otherwise(BROKERS);
        this.front = TcpProxy.start(links, peers, 0, PARTY, addressOf(wire));
    }

    private static InetSocketAddress addressOf(Wire wire) {
        URI endpoint = wire.endpoint();
        return new InetSocketAddress(endpoint.getHost(), endpoint.getPort());
    }

    /// The server's command, where there is one: as `bin/test-servers` finds it.
    static Optional<Path> command() throws IOException {
        String named = System.getenv("TEST_MINIO");
        if (named != null) {
            return Optional.of(Path.of(named));
        }
        for (String folder : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
            Path command = Path.of(folder, "minio");
            if (Files.isExecutable(command)) {
                return Optional.of(command);
            }
        }
        String cache = System.getenv("TEST_SERVERS");
        Path folder =
                cache == null
                        ? Path.of(System.getProperty("user.home"), ".cache", "varve")
                        : Path.of(cache);
        if (!Files.isDirectory(folder)) {
            return Optional.empty();
        }
        try (Stream<Path> versions = Files.list(folder)) {
            return versions.filter(version -> version.getFileName().toString().startsWith("minio-"))
                    .map(version -> version.resolve("minio"))
                    .filter(Files::isExecutable)
                    .findFirst();
        }
    }

    /// Starts one with its data in a new folder; returns when it answers.
    static MinioBucket start(Path command, Path folder) throws IOException {
        Path data = folder.resolve("minio");
        Files.createDirectories(data.resolve(BUCKET));
        int port = Program.freePort();
        Process server =
                Program.start(
                        List.of(
                                command.toString(),
                                "server",
                                "--quiet",
                                "--address",
                                "127.0.0.1:" + port,
                                data.toString()),
                        Map.of(
                                "MINIO_ROOT_USER",
                                "varve-test",
                                "MINIO_ROOT_PASSWORD",
                                "varve-test-secret",
                                "MINIO_BROWSER",
                                "off",
                                "MINIO_UPDATE",
                                "off"),
                        folder.resolve("minio.out").toFile(),
                        folder.resolve("minio.log").toFile());
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        boolean late = Ticks.passWhile(START_LIMIT, () -> server.isAlive() && !answers(address));
        if (late || !server.isAlive()) {
            Program.kill(server);
            throw new IOException("MinIO did not start: see " + folder.resolve("minio.log"));
        }
        return new MinioBucket(server, data, address);
    }

    private static boolean answers(InetSocketAddress address) {
        try (Socket socket = new Socket()) {
            socket.connect(address, 500);
            socket.setSoTimeout(1_000);
            socket.getOutputStream()
                    .write(
                            "GET /minio/health/ready HTTP/1.1\r\nHost: minio\r\n\r\n"
                                    .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            byte[] answer = socket.getInputStream().readNBytes(12);
            return new String(answer, java.nio.charset.StandardCharsets.US_ASCII).endsWith("200");
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public String url() {
        return "s3://"
                + BUCKET
                + "?endpoint=http://127.0.0.1:"
                + front.port()
                + "&region=us-east-1";
    }

    @Override
    public Map<String, String> environment() {
        return CREDENTIALS;
    }

    @Override
    public void takeAway() {
        links.cut(BROKERS, PARTY);
    }

    @Override
    public void bringBack() {
        links.healAll();
    }

    /// Each object is a folder in MinIO's data.
    @Override
    public long count(String keyPattern) throws IOException {
        try (Stream<Path> tree = Files.walk(data.resolve(BUCKET))) {
            return tree.filter(path -> path.toString().matches(".*/" + keyPattern + "/xl\\.meta"))
                    .count();
        } catch (java.io.UncheckedIOException e) {
            return count(keyPattern); // one of them went while we looked
        }
    }

    /// What becomes of requests and their answers.
    BadAnswers answers() {
        return answers;
    }

    @Override
    public void close() throws IOException {
        front.close();
        wire.close();
        Program.kill(server);
    }
}
