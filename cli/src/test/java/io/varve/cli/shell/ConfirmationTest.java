// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.shell;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.cli.Run;
import org.junit.jupiter.api.Test;

class ConfirmationTest {
    @Test
    void withoutATerminalNothingIsDoneUnasked() {
        Run run = Run.of("topic", "delete", "orders", "--bootstrap", "127.0.0.1:1");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("not confirmed").contains("orders").contains("--yes");
    }

    @Test
    void aDryRunShowsAndDoesNothing() {
        Run run =
                Run.of(
                        "topic",
                        "delete",
                        "orders",
                        "--dry-run",
                        "--yes",
                        "--bootstrap",
                        "127.0.0.1:1");

        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).contains("would: delete topics [orders]");
    }
}
