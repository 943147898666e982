// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.logging;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class EventLineTest {
    private static LoggingEvent event(String message, Throwable thrown) {
        LoggingEvent event =
                new LoggingEvent(
                        EventLineTest.class.getName(),
                        new LoggerContext().getLogger("io.varve.Some"),
                        Level.WARN,
                        message,
                        thrown,
                        new Object[] {"a b"});
        event.setInstant(Instant.parse("2026-01-31T12:00:00.123Z"));
        event.setThreadName("main");
        return event;
    }

    private static String line(LogForm form, LoggingEvent event) {
        return new String(new EventLine(form).encode(event), StandardCharsets.UTF_8);
    }

    @Test
    void textIsPairsOnOneLine() {
        assertThat(line(LogForm.TEXT, event("lost: name={}", null)))
                .isEqualTo(
                        "time=2026-01-31T12:00:00.123Z level=WARN logger=io.varve.Some thread=main message=\"lost: name=a b\"\n");
    }

    @Test
    void whatWasThrownStaysOnTheLine() {
        String line = line(LogForm.TEXT, event("failed", new IOException("two\nlines")));

        assertThat(line.lines()).hasSize(1);
        assertThat(line).contains("error=\"java.io.IOException: two\\nlines\"").contains("stack=");
    }

    @Test
    void jsonIsOneObject() throws IOException {
        String line = line(LogForm.JSON, event("failed: \"{}\"", new IllegalStateException("why")));

        assertThat(line.lines()).hasSize(1);
        JsonNode node = new ObjectMapper().readTree(line);
        assertThat(node.get("message").asText()).isEqualTo("failed: \"a b\"");
        assertThat(node.get("error").asText()).isEqualTo("java.lang.IllegalStateException: why");
        assertThat(node.get("level").asText()).isEqualTo("WARN");
    }
}
