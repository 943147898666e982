// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.config;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;

/// A configuration file: Java properties, or YAML when its name ends in `.yaml` or `.yml`. Nested
/// YAML maps are joined with dots, lists with commas. At most [#MAX_BYTES]. Stateless.
final class ConfigFile {
    /// Far above any real file; keeps a wrong path (a device, a log) from filling memory.
    static final long MAX_BYTES = 1 << 20;

    private ConfigFile() {}

    /// Every setting of the file with its line, in the file's order.
    ///
    /// @throws InvalidConfigException when the file is missing, unreadable, too large or not
    ///   well-formed
    static List<Setting> read(Path file) throws InvalidConfigException {
        String name = file.toString();
        String text;
        try {
            long bytes = Files.size(file);
            if (bytes > MAX_BYTES) {
                throw problem(
                        "config file too large: file="
                                + name
                                + ", bytes="
                                + bytes
                                + ", allowed="
                                + MAX_BYTES);
            }
            text = Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw problem("config file cannot be read: file=" + name + ", why=" + e);
        }
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.endsWith(".yaml") || lower.endsWith(".yml")
                ? yaml(name, text)
                : properties(name, text);
    }

    static List<Setting> properties(String file, String text) throws InvalidConfigException {
        List<Setting> settings = new ArrayList<>();
        String[] lines = text.split("\r\n|\n|\r", -1);
        for (int i = 0; i < lines.length; i++) {
            int first = i;
            StringBuilder logical = new StringBuilder(lines[i]);
            while (!isComment(logical) && continues(lines[i]) && i + 1 < lines.length) {
                logical.append('\n').append(lines[++i]);
            }
            settings.addAll(oneProperty(file, first + 1, logical.toString()));
        }
        return settings;
    }

    private static List<Setting> oneProperty(String file, int line, String logical)
            throws InvalidConfigException {
        Properties parsed = new Properties();
        try {
            parsed.load(new StringReader(logical));
        } catch (IOException | IllegalArgumentException e) {
            throw problem(
                    "config line cannot be read: where="
                            + file
                            + ":"
                            + line
                            + ", why="
                            + e.getMessage());
        }
        List<Setting> settings = new ArrayList<>();
        for (Map.Entry<Object, Object> entry : parsed.entrySet()) {
            settings.add(
                    new Setting(
                            entry.getKey().toString(),
                            entry.getValue().toString().strip(),
                            new ConfigOrigin.FileLine(file, line)));
        }
        return settings;
    }

    private static boolean isComment(CharSequence line) {
        String stripped = line.toString().stripLeading();
        return stripped.startsWith("#") || stripped.startsWith("!");
    }

    private static boolean continues(String line) {
        int backslashes = 0;
        while (backslashes < line.length()
                && line.charAt(line.length() - 1 - backslashes) == '\\') {
            backslashes++;
        }
        return backslashes % 2 == 1;
    }

    static List<Setting> yaml(String file, String text) throws InvalidConfigException {
        List<Setting> settings = new ArrayList<>();
        try (JsonParser parser = new YAMLFactory().createParser(text)) {
            JsonToken token = parser.nextToken();
            if (token == null) {
                return settings;
            }
            if (token != JsonToken.START_OBJECT) {
                throw problem("config file is no map of keys: where=" + file + ":" + line(parser));
            }
            readMap(parser, file, "", settings);
        } catch (JsonProcessingException e) {
            int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
            throw problem(
                    "config file is not well-formed: where="
                            + file
                            + ":"
                            + line
                            + ", why="
                            + e.getOriginalMessage());
        } catch (IOException e) {
            throw problem("config file cannot be read: file=" + file + ", why=" + e);
        }
        return settings;
    }

    private static void readMap(
            JsonParser parser, String file, String prefix, List<Setting> settings)
            throws IOException, InvalidConfigException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = prefix + parser.currentName();
            int line = line(parser);
            JsonToken value = parser.nextToken();
            switch (value) {
                case START_OBJECT -> readMap(parser, file, name + ".", settings);
                case START_ARRAY ->
                        settings.add(
                                new Setting(
                                        name,
                                        readList(parser, file, name),
                                        new ConfigOrigin.FileLine(file, line)));
                case VALUE_NULL ->
                        settings.add(new Setting(name, "", new ConfigOrigin.FileLine(file, line)));
                default ->
                        settings.add(
                                new Setting(
                                        name,
                                        parser.getText(),
                                        new ConfigOrigin.FileLine(file, line)));
            }
        }
    }

    private static String readList(JsonParser parser, String file, String name)
            throws IOException, InvalidConfigException {
        List<String> items = new ArrayList<>();
        for (JsonToken token = parser.nextToken();
                token != JsonToken.END_ARRAY;
                token = parser.nextToken()) {
            if (token == null || !token.isScalarValue()) {
                throw problem(
                        "config list holds more than plain values: key="
                                + name
                                + ", where="
                                + file
                                + ":"
                                + line(parser));
            }
            items.add(parser.getText());
        }
        return String.join(",", items);
    }

    private static int line(JsonParser parser) {
        return parser.currentTokenLocation().getLineNr();
    }

    private static InvalidConfigException problem(String message) {
        return new InvalidConfigException(List.of(message));
    }
}
