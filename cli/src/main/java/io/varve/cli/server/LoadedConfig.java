// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.server;

import io.varve.broker.config.BrokerConfig;
import io.varve.broker.config.ConfigSources;
import io.varve.broker.config.InvalidConfigException;
import io.varve.cli.shell.CommandFailure;
import java.util.Optional;

/// A broker's configuration, or one failure that lists everything that is wrong with it. Stateless.
final class LoadedConfig {
    private LoadedConfig() {}

    static BrokerConfig of(ConfigSources sources) throws CommandFailure {
        try {
            return BrokerConfig.load(sources);
        } catch (InvalidConfigException e) {
            String where =
                    Optional.ofNullable(sources.file())
                            .map(Object::toString)
                            .orElse("options and environment");
            throw new CommandFailure(
                    "configuration cannot be used: "
                            + where
                            + ": problems="
                            + e.problems().size()
                            + System.lineSeparator()
                            + String.join(System.lineSeparator(), e.problems()),
                    e);
        }
    }
}
