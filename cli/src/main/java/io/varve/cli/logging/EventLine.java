// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/// One event, one line: time, level, logger, thread, message, the event's own pairs, and what was
/// thrown. Thread-safe.
final class EventLine extends EncoderBase<ILoggingEvent> {
    /// Its stacks say where in Ratis a message from another broker was refused, once for each
    /// message while that broker is away.
    private static final String RATIS = "org.apache.ratis.";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_.:/@+-]+");
    private static final byte[] NOTHING = {};

    private final LogForm form;

    EventLine(LogForm form) {
        this.form = form;
    }

    @Override
    public byte[] headerBytes() {
        return NOTHING;
    }

    @Override
    public byte[] footerBytes() {
        return NOTHING;
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
        Map<String, String> pairs = pairs(event);
        String line =
                switch (form) {
                    case TEXT -> text(pairs);
                    case JSON -> json(pairs);
                };
        return (line + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static Map<String, String> pairs(ILoggingEvent event) {
        Map<String, String> pairs = new LinkedHashMap<>();
        pairs.put("time", event.getInstant().toString());
        pairs.put("level", event.getLevel().toString());
        pairs.put("logger", event.getLoggerName());
        pairs.put("thread", event.getThreadName());
        pairs.put("message", event.getFormattedMessage());
        if (event.getKeyValuePairs() != null) {
            event.getKeyValuePairs()
                    .forEach(pair -> pairs.putIfAbsent(pair.key, String.valueOf(pair.value)));
        }
        IThrowableProxy thrown = event.getThrowableProxy();
        if (thrown != null) {
            pairs.put("error", thrown.getClassName() + ": " + thrown.getMessage());
            if (!event.getLoggerName().startsWith(RATIS)) {
                pairs.put("stack", ThrowableProxyUtil.asString(thrown));
            }
        }
        return pairs;
    }

    private static String text(Map<String, String> pairs) {
        StringBuilder line = new StringBuilder();
        pairs.forEach((key, value) -> {
            line.append(line.isEmpty() ? "" : " ").append(key).append('=');
            line.append(PLAIN.matcher(value).matches() ? value : json(value));
        });
        return line.toString();
    }

    private static String json(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("no JSON for a text", e);
        }
    }
}
