// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A server that gives each byte back, behind a proxy.
class TcpProxyTest {
    private static final String SERVER = "server";
    private static final int SHORT_MS = 300;
    private static final int LONG_MS = 10_000;

    private final Links links = new Links();
    private final Peers peers = new Peers();
    private ServerSocket server;
    private TcpProxy proxy;

    @BeforeEach
    void start() throws IOException {
        assumeThat(Files.exists(Path.of("/proc/net/tcp")))
                .as("no /proc here: whose a connection is cannot be known")
                .isTrue();
        server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::serve);
        proxy =
                TcpProxy.start(
                        links,
                        peers,
                        0,
                        SERVER,
                        new InetSocketAddress(server.getInetAddress(), server.getLocalPort()));
    }

    @AfterEach
    void stop() throws IOException {
        if (proxy != null) {
            proxy.close();
            server.close();
        }
    }

    private void serve() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                Thread.ofVirtual().start(() -> echo(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private static void echo(Socket socket) {
        try (socket) {
            socket.getInputStream().transferTo(socket.getOutputStream());
        } catch (IOException _) {
            return; // cut on purpose
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        socket.setSoTimeout(LONG_MS);
        return socket;
    }

    private static int ask(Socket socket, int value) throws IOException {
        socket.getOutputStream().write(value);
        return socket.getInputStream().read();
    }

    private static void requireSilence(Socket socket) throws IOException {
        socket.setSoTimeout(SHORT_MS);
        assertThatThrownBy(() -> socket.getInputStream().read())
                .isInstanceOf(SocketTimeoutException.class);
        socket.setSoTimeout(LONG_MS);
    }

    @Test
    void bytesPassBothWays() throws IOException {
        try (Socket socket = connect()) {
            assertThat(ask(socket, 7)).isEqualTo(7);
        }
    }

    @Test
    void aCutLinkHangsAndAfterHealingNothingIsMissing() throws IOException {
        try (Socket socket = connect()) {
            assertThat(ask(socket, 1)).isEqualTo(1);

            links.cut(Peers.CLIENTS, SERVER);
            socket.getOutputStream().write(2);
            requireSilence(socket);
            try (Socket late = connect()) {
                late.getOutputStream().write(3);
                requireSilence(late);

                links.heal(SERVER, Peers.CLIENTS);
                assertThat(late.getInputStream().read()).isEqualTo(3);
            }
            assertThat(socket.getInputStream().read()).isEqualTo(2);
        }
    }

    @Test
    void aLinkOfOtherPartiesDoesNotMatter() throws IOException {
        try (Socket socket = connect()) {
            links.cut("somebody", SERVER);
            assertThat(ask(socket, 1)).isEqualTo(1);
        }
    }

    @Test
    void aOneWayCutStopsTheAnswersOnly() throws IOException {
        try (Socket socket = connect()) {
            assertThat(ask(socket, 1)).isEqualTo(1);

            links.cutOneWay(SERVER, Peers.CLIENTS);
            socket.getOutputStream().write(2);
            requireSilence(socket);
            links.healAll();

            assertThat(socket.getInputStream().read()).isEqualTo(2);
        }
    }

    @Test
    void aResetIsSeenByTheClient() throws IOException {
        try (Socket socket = connect()) {
            assertThat(ask(socket, 1)).isEqualTo(1);

            assertThat(links.reset(Peers.CLIENTS, SERVER)).isEqualTo(1);

            assertThatThrownBy(() -> socket.getInputStream().read())
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void aSlowLinkIsSlowAndWhole() throws IOException {
        try (Socket socket = connect()) {
            assertThat(ask(socket, 1)).isEqualTo(1);
            links.delay(Peers.CLIENTS, SERVER, Duration.ofMillis(200));

            long beganNs = System.nanoTime();
            assertThat(ask(socket, 2)).isEqualTo(2);

            assertThat(Duration.ofNanos(System.nanoTime() - beganNs))
                    .isGreaterThanOrEqualTo(Duration.ofMillis(200));
        }
    }

    @Test
    void aProcessThatNobodyKnowsGetsNothing() throws Exception {
        Process stranger =
                new ProcessBuilder(
                                "bash",
                                "-c",
                                "exec 3<>/dev/tcp/127.0.0.1/"
                                        + proxy.port()
                                        + "; echo x >&3; head -c 1 <&3 | wc -c")
                        .redirectErrorStream(true)
                        .start();
        String said =
                new String(stranger.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                        .strip();
        assertThat(stranger.waitFor()).isZero();

        assertThat(said).endsWith("0");
        assertThat(proxy.strangers()).isEqualTo(1);
    }

    @Test
    void aKnownProcessIsFoundByItsPid() throws Exception {
        Process friend =
                new ProcessBuilder(
                                "bash",
                                "-c",
                                "read go; exec 3<>/dev/tcp/127.0.0.1/"
                                        + proxy.port()
                                        + "; echo x >&3; read -r -n 1 got <&3; echo got=$got")
                        .redirectErrorStream(true)
                        .start();
        peers.know("friend", friend::pid);
        friend.getOutputStream().write('\n');
        friend.getOutputStream().flush();
        String said =
                new String(friend.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertThat(friend.waitFor()).isZero();

        assertThat(said).isEqualTo("got=x");
        assertThat(proxy.strangers()).isZero();
    }
}
