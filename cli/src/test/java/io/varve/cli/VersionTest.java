// SPDX-License-Identifier: Apache-2.0
package io.varve.cli;

import static io.varve.cli.shell.JsonShape.assertJsonShape;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class VersionTest {
    @Test
    void printsJsonAndNothingElse() {
        Run run = Run.of("version", "-o", "json");

        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).isEmpty();
        assertJsonShape("version", run.out());
    }
}
