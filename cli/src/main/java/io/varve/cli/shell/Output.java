// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.shell;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdDelegatingSerializer;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import com.fasterxml.jackson.databind.util.StdConverter;
import java.io.PrintWriter;
import java.util.OptionalLong;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// The output option of every command: text for people, or JSON and nothing else on stdout.
public final class Output {
    /// How results are printed.
    public enum Form {
        text,
        json
    }

    private static final ObjectMapper JSON = mapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final ObjectMapper JSON_LINES = mapper();

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(
            names = {"-o", "--output"},
            description = "text or json (default: ${DEFAULT-VALUE})",
            defaultValue = "text",
            paramLabel = "FORM")
    private Form form = Form.text;

    /// Ids as people know them, and what is not there as null.
    private static ObjectMapper mapper() {
        SimpleModule values = new SimpleModule();
        values.addSerializer(Uuid.class, ToStringSerializer.instance);
        values.addSerializer(
                OptionalLong.class,
                new StdDelegatingSerializer(
                        OptionalLong.class,
                        new StdConverter<OptionalLong, @Nullable Long>() {
                            @Override
                            public @Nullable Long convert(OptionalLong value) {
                                return value.isPresent() ? value.getAsLong() : null;
                            }
                        }));
        return new ObjectMapper().registerModule(values);
    }

    public boolean json() {
        return form == Form.json;
    }

    /// Standard output.
    public PrintWriter out() {
        return spec.commandLine().getOut();
    }

    /// For messages and progress: standard error.
    public PrintWriter err() {
        return spec.commandLine().getErr();
    }

    /// Prints the value as JSON, or the text that says the same.
    public void print(Object value, String text) {
        if (json()) {
            out().println(toJson(value));
        } else {
            out().print(text);
        }
        out().flush();
    }

    /// A message for people: on stderr, in both forms.
    public void say(String message) {
        err().println(message);
        err().flush();
    }

    /// Indented JSON.
    public static String toJson(Object value) {
        return write(JSON, value);
    }

    /// JSON on one line.
    public static String toJsonLine(Object value) {
        return write(JSON_LINES, value);
    }

    private static String write(ObjectMapper mapper, Object value) {
        try {
            return mapper.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("no JSON for " + value.getClass(), e);
        }
    }
}
