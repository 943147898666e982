// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.server;

import static io.varve.cli.shell.JsonShape.assertJsonShape;
import static io.varve.cli.shell.JsonShape.assertShape;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.broker.config.BrokerConfig;
import io.varve.broker.config.InvalidConfigException;
import io.varve.cli.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerConfigTest {
    @TempDir Path folder;

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("varve.properties"), text);
    }

    @Test
    void checkConfigPrintsEachValueWithItsOrigin() throws IOException {
        Path file = file("node.id=7\nlog.dirs=" + folder + "\narchive.bucket=file:///bucket\n");

        Run text = Run.of("server", "check-config", "--config", file.toString());
        Run json = Run.of("server", "check-config", "--config", file.toString(), "-o", "json");

        assertThat(text.exitCode()).isZero();
        assertThat(text.out())
                .contains("node.id = 7    (" + file + ":1)")
                .contains("archive.interval.ms = 5000    (default)");
        assertJsonShape("server-check-config", json.out());
    }

    @Test
    void checkConfigTellsAllProblemsAtOnce() throws IOException {
        Path file =
                file("node.id=x\nlog.dir=" + folder + "\nbroker.rock=r1\narchive.bucket=nowhere\n");

        Run run = Run.of("server", "check-config", "--config", file.toString());

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .contains("key=node.id, value=x")
                .contains("key=broker.rock")
                .contains("nearest=broker.rack")
                .contains("archive.bucket");
    }

    @Test
    void aFileThatIsNotThereIsNamed() {
        Run run = Run.of("server", "start", "--config", folder.resolve("none").toString());

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("none");
    }

    @Test
    void devNeedsNothing() throws InvalidConfigException {
        BrokerConfig config = dev(new DevSettings(null, null, null, null), Map.of());

        Path data = Path.of("varve-data").toAbsolutePath();
        assertThat(config.node().dataDir()).isEqualTo(data);
        assertThat(config.archive().bucketUrl()).isEqualTo("file://" + data.resolve("bucket"));
        assertThat(config.listeners().kafka().getFirst().port()).isEqualTo(9092);
        assertThat(config.listeners().http().toString()).isEqualTo("127.0.0.1:9644");
        assertThat(config.topics().autoCreate()).isTrue();
    }

    @Test
    void optionsWinOverTheEnvironmentAndThatOverPresets() throws InvalidConfigException {
        BrokerConfig config =
                dev(
                        new DevSettings(folder, "file:///elsewhere", 0, null),
                        Map.of(
                                "VARVE_LOG_DIRS", "/never",
                                "VARVE_NUM_PARTITIONS", "5",
                                "VARVE_HTTP_LISTENER", "127.0.0.1:0"));

        assertThat(config.node().dataDir()).isEqualTo(folder.toAbsolutePath());
        assertThat(config.archive().bucketUrl()).isEqualTo("file:///elsewhere");
        assertThat(config.listeners().kafka().getFirst().port()).isZero();
        assertThat(config.listeners().http().port()).isZero();
        assertThat(config.topics().partitions()).isEqualTo(5);
        assertThat(config.values().get("log.dirs").origin().describe()).isEqualTo("--data");
    }

    @Test
    void theBucketOfTheDeskFollowsTheDataOfTheEnvironment() throws InvalidConfigException {
        BrokerConfig config =
                dev(
                        new DevSettings(null, null, null, null),
                        Map.of("VARVE_LOG_DIRS", folder.toString()));

        assertThat(config.archive().bucketUrl()).isEqualTo("file://" + folder.resolve("bucket"));
    }

    private static BrokerConfig dev(DevSettings settings, Map<String, String> environment)
            throws InvalidConfigException {
        return BrokerConfig.load(settings.sources(environment, 2));
    }

    @Test
    void theReadyLineIsWhatScriptsWaitFor() {
        Ready ready = new Ready("127.0.0.1:1", "127.0.0.1:2", "file:///b", "/data", "id", 1, 7);

        assertThat(ready.line())
                .isEqualTo("ready kafka=127.0.0.1:1 http=127.0.0.1:2 bucket=file:///b");
        assertThat(DevBanner.text(ready, 5_000))
                .startsWith(ready.line() + "\n")
                .contains("fsync")
                .contains("Every 5 s")
                .contains("varve produce orders --bootstrap 127.0.0.1:1");
        assertShape("dev", ready);
        assertShape("server-start", ready);
    }

    @Test
    void theDefaultAddressIsNotRepeated() {
        Ready ready =
                new Ready("127.0.0.1:9092", "127.0.0.1:9644", "file:///b", "/data", "id", 1, 7);

        assertThat(DevBanner.text(ready, 500))
                .contains("Every 0.5 s")
                .doesNotContain("--bootstrap");
    }
}
