// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.server;

import io.varve.broker.config.BrokerConfig;
import io.varve.cli.logging.ProcessLogging;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.Output;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `varve dev`
@Command(
        name = "dev",
        description = "One broker with a bucket in a directory, for work on the desk.",
        footer = {
            "",
            "Any broker key can be set by a VARVE_ variable, e.g. VARVE_NUM_PARTITIONS=3.",
            "Example:  varve dev --data ./varve-data"
        })
public final class DevCommand implements Callable<Integer> {
    @Mixin private final Output output = new Output();

    @Option(
            names = "--data",
            description = "data directory (default: ./varve-data)",
            paramLabel = "DIR")
    private @Nullable Path data;

    @Option(
            names = "--bucket",
            description = "bucket (default: a directory under the data)",
            paramLabel = "URL")
    private @Nullable String bucket;

    @Option(
            names = "--kafka-port",
            description = "Kafka's port, 0: any free one (default: 9092)",
            paramLabel = "N")
    private @Nullable Integer kafkaPort;

    @Option(
            names = "--http-port",
            description = "HTTP's port, 0: any free one (default: 9644)",
            paramLabel = "N")
    private @Nullable Integer httpPort;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws CommandFailure {
        DevSettings settings = new DevSettings(data, bucket, kafkaPort, httpPort);
        BrokerConfig config =
                LoadedConfig.of(
                        settings.sources(
                                System.getenv(), Runtime.getRuntime().availableProcessors()));
        ProcessLogging.ofBroker(System.getenv());
        BrokerRun run = BrokerRun.start(config, ProductVersion.of(spec));
        output.print(run.ready(), DevBanner.text(run.ready(), config.archive().intervalMs()));
        throw run.awaitEnd();
    }
}
