// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ConfigEnvironmentTest {
    private static final Path LAUNCHER = Path.of("../bin/varve");

    /// Else a broker refuses to start by the very variables that its start script asks for.
    @Test
    void whatTheStartScriptReadsIsNoSetting() throws IOException {
        Set<String> variables =
                Pattern.compile("VARVE_[A-Z_]+")
                        .matcher(Files.readString(LAUNCHER))
                        .results()
                        .map(MatchResult::group)
                        .collect(Collectors.toCollection(TreeSet::new));

        assertThat(variables).isNotEmpty();
        assertThat(ConfigEnvironment.RESERVED).containsAll(variables);
    }
}
