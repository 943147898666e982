// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.KafkaFutureImpl;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class ClusterAccessTest {
    @TempDir Path folder;

    @Command
    static final class Any {
        @Mixin private final ClusterAccess cluster = new ClusterAccess();
    }

    private static ClusterAccess parse(String... arguments) {
        Any any = new Any();
        new CommandLine(any).parseArgs(arguments);
        return any.cluster;
    }

    @Test
    void speaksToTheDeskWhenNobodySaysOtherwise() throws CommandFailure {
        assertThat(parse().clientProperties()).containsEntry("bootstrap.servers", "127.0.0.1:9092");
    }

    @Test
    void theFileWinsOverTheCommandsLimitsAndTheOptionOverTheFile()
            throws CommandFailure, IOException {
        Path file = folder.resolve("client.properties");
        Files.writeString(
                file,
                "bootstrap.servers=elsewhere:1\nrequest.timeout.ms=7\nsecurity.protocol=SSL\n");

        Properties properties =
                parse("--bootstrap", "here:2", "--command-config", file.toString())
                        .clientProperties();

        assertThat(properties)
                .containsEntry("bootstrap.servers", "here:2")
                .containsEntry("request.timeout.ms", "7")
                .containsEntry("security.protocol", "SSL")
                .containsEntry("client.id", "varve-cli");
    }

    @Test
    void namesTheFileThatCannotBeRead() {
        ClusterAccess access = parse("--command-config", folder.resolve("none").toString());

        assertThatThrownBy(access::clientProperties)
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("none");
    }

    @Test
    void anAddressThatIsNoneIsAFailureThatNamesIt() {
        assertThatThrownBy(() -> parse("--bootstrap", "nonsense").admin())
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("--bootstrap=nonsense");
    }

    @Test
    void kafkasErrorsBecomeOneLine() {
        KafkaFutureImpl<String> answer = new KafkaFutureImpl<>();
        answer.completeExceptionally(new UnknownTopicOrPartitionException("no such topic"));

        assertThatThrownBy(() -> parse().ask("cannot describe", answer))
                .isInstanceOf(CommandFailure.class)
                .hasMessage("cannot describe: --bootstrap=127.0.0.1:9092: no such topic");
    }

    @Test
    void answersAreGivenBack() throws CommandFailure {
        assertThat(parse().ask("cannot", KafkaFuture.completedFuture("answer")))
                .isEqualTo("answer");
    }

    @Test
    void aGivenHttpAddressIsNotAskedOfTheCluster() throws CommandFailure {
        assertThat(parse("--bootstrap", "127.0.0.1:1", "--http", "127.0.0.1:2").brokers())
                .isNotNull();
    }
}
