// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.slf4j.LoggerFactory;

/// What this process logs to stderr. Without a call: nothing. Stateless; called once, before
/// anything is logged.
public final class ProcessLogging {
    /// `text` (default) or `json`.
    public static final String FORM_VARIABLE = "VARVE_LOG_FORMAT";

    /// Level of Varve's own loggers, `INFO` when not set. From `DEBUG` on, libraries say at `INFO`
    /// what they do.
    public static final String LEVEL_VARIABLE = "VARVE_LOG_LEVEL";

    private static final String OURS = "io.varve";

    /// Ratis says ten times a second, for every group, that a peer does not answer. Varve says it
    /// once: the controller when a broker is silent, the leader when a replica is out of the ISR.
    private static final List<String> STORMS =
            List.of(
                    "org.apache.ratis.grpc.server.GrpcLogAppender",
                    "org.apache.ratis.grpc.server.GrpcServerProtocolService");

    private ProcessLogging() {}

    /// A broker: its own events, the warnings of everybody else, and what no thread caught.
    ///
    /// @param environment all environment variables
    public static void ofBroker(Map<String, String> environment) {
        start(form(environment), Level.toLevel(environment.get(LEVEL_VARIABLE), Level.INFO));
        Thread.setDefaultUncaughtExceptionHandler((thread, error) ->
                LoggerFactory.getLogger(ProcessLogging.class)
                        .error("thread ended by an error: thread={}", thread.getName(), error));
    }

    /// A command whose user wants to see what the libraries warn of.
    public static void ofVerboseCommand(Map<String, String> environment) {
        start(form(environment), Level.WARN);
    }

    private static LogForm form(Map<String, String> environment) {
        String form = environment.getOrDefault(FORM_VARIABLE, "text").toLowerCase(Locale.ROOT);
        return form.equals("json") ? LogForm.JSON : LogForm.TEXT;
    }

    private static void start(LogForm form, Level ours) {
        if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
            throw new IllegalStateException(
                    "logging is not logback's: factory=" + LoggerFactory.getILoggerFactory());
        }
        EventLine encoder = new EventLine(form);
        encoder.setContext(context);
        encoder.start();
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setName("stderr");
        appender.setTarget("System.err");
        appender.setEncoder(encoder);
        appender.start();
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.detachAndStopAllAppenders();
        root.addAppender(appender);
        boolean everything = Level.DEBUG.isGreaterOrEqual(ours);
        root.setLevel(everything ? Level.INFO : Level.WARN);
        STORMS.forEach(name -> context.getLogger(name).setLevel(everything ? null : Level.ERROR));
        context.getLogger(OURS).setLevel(ours);
        JavaLogging.take();
    }
}
