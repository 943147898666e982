// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.server;

import io.varve.broker.config.ConfigSources;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/// The option that names a broker's configuration file.
final class ServerConfigFile {
    @Option(
            names = "--config",
            required = true,
            description =
                    "key=value properties, or YAML with the same keys; VARVE_ variables win over it",
            paramLabel = "FILE")
    private Path file = Path.of("");

    ConfigSources sources() {
        return new ConfigSources(
                "",
                Map.of(),
                file,
                System.getenv(),
                List.of(),
                Runtime.getRuntime().availableProcessors());
    }
}
