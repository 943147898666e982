// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.cli.shell.CommandFailure;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StartPositionTest {
    @Test
    void readsWordsOffsetsAndTimes() throws CommandFailure {
        assertThat(StartPosition.parse("earliest")).isEqualTo(new StartPosition.Earliest());
        assertThat(StartPosition.parse("latest")).isEqualTo(new StartPosition.Latest());
        assertThat(StartPosition.parse("120")).isEqualTo(new StartPosition.At(120));
        assertThat(StartPosition.parse("2026-01-31T12:00:00Z"))
                .isEqualTo(new StartPosition.Since(Instant.parse("2026-01-31T12:00:00Z")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "first", "9999999999999999999", "2026-01-31", "12 "})
    void saysWhatAPositionLooksLike(String text) {
        assertThatThrownBy(() -> StartPosition.parse(text))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("--from=" + text)
                .hasMessageContaining("earliest");
    }
}
