// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.shell;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/// The schemas of what commands print with `-o json`.
public final class JsonShape {
    private JsonShape() {}

    /// The value as a command prints it is what its schema says, no field more and none less.
    public static void assertShape(String command, Object value) {
        assertJsonShape(command, Output.toJson(value));
        assertJsonShape(command, Output.toJsonLine(value));
    }

    public static void assertJsonShape(String command, String json) {
        assertThat(
                        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                                .getSchema(schema(command))
                                .validate(json, InputFormat.JSON))
                .as("%s: %s", command, json)
                .isEmpty();
    }

    private static String schema(String command) {
        String name = "/schema/" + command + ".json";
        try (InputStream in = JsonShape.class.getResourceAsStream(name)) {
            assertThat(in).as("schema " + name).isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
