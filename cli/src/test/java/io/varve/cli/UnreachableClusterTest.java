// SPDX-License-Identifier: Apache-2.0
package io.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class UnreachableClusterTest {
    private static final List<String> COMMANDS =
            List.of(
                    "topic list",
                    "topic create orders",
                    "topic describe orders",
                    "topic alter orders --partitions 3",
                    "topic delete orders --yes",
                    "topic storage orders",
                    "group list",
                    "group describe billing",
                    "archive status",
                    "archive flush",
                    "consume orders --from earliest",
                    "produce orders --input INPUT");

    @TempDir Path folder;

    @TestFactory
    Stream<DynamicTest> isOneLineThatSaysWhatAndWhere() throws IOException {
        Path config = folder.resolve("client.properties");
        Files.writeString(
                config, "request.timeout.ms=400\ndefault.api.timeout.ms=400\nmax.block.ms=400\n");
        Path input = folder.resolve("input");
        Files.writeString(input, "one\n");
        String address = "127.0.0.1:" + closedPort();
        return COMMANDS.stream()
                .map(command ->
                        DynamicTest.dynamicTest(
                                command,
                                () -> {
                                    Run run =
                                            Run.of(
                                                    (command.replace("INPUT", input.toString())
                                                                    + " --bootstrap "
                                                                    + address
                                                                    + " --command-config "
                                                                    + config)
                                                            .split(" "));

                                    assertThat(run.exitCode()).isEqualTo(2);
                                    assertThat(run.out()).isEmpty();
                                    assertThat(run.err().lines()).hasSize(1);
                                    assertThat(run.err()).contains(address);
                                }));
    }

    /// A port that was free just now.
    private static int closedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
