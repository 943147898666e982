// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class TableTest {
    @Test
    void putsNumbersRightAndTextLeft() {
        Table table = new Table("TOPIC", "BYTES").row("orders", 7).row("a", 1234);

        assertThat(table.toString())
                .isEqualTo(
                        """
                        TOPIC   BYTES
                        orders      7
                        a        1234
                        """);
    }

    @Test
    void showsItsHeadingsWhenThereIsNothing() {
        assertThat(new Table("TOPIC", "ID").toString()).isEqualTo("TOPIC  ID\n");
    }

    @Test
    void refusesARowThatDoesNotFit() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Table("ONE").row(1, 2))
                .withMessageContaining("cells=2");
    }
}
