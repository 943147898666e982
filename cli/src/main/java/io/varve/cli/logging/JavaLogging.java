// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.logging;

import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import org.slf4j.LoggerFactory;

/// Takes what libraries say to `java.util.logging` (Ratis' gRPC does) into our own log: warnings
/// and worse. Thread-safe.
final class JavaLogging extends Handler {
    private static final SimpleFormatter FORMATTER = new SimpleFormatter();

    /// From here on nothing of it reaches the console by itself.
    static void take() {
        LogManager.getLogManager().reset();
        JavaLogging handler = new JavaLogging();
        handler.setLevel(Level.WARNING);
        java.util.logging.Logger.getLogger("").addHandler(handler);
    }

    @Override
    public void publish(LogRecord record) {
        if (!isLoggable(record)) {
            return;
        }
        String name = record.getLoggerName() == null ? "java" : record.getLoggerName();
        LoggerFactory.getLogger(name)
                .atLevel(
                        record.getLevel().intValue() >= Level.SEVERE.intValue()
                                ? org.slf4j.event.Level.ERROR
                                : org.slf4j.event.Level.WARN)
                .setCause(record.getThrown())
                .log(FORMATTER.formatMessage(record));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
}
