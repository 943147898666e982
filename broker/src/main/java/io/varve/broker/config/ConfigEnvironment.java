// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.config;

import io.varve.objectstore.BucketSettings;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// Settings from environment variables: `VARVE_` and the key in capitals, with `_` for dots and
/// dashes. Stateless.
final class ConfigEnvironment {
    static final String PREFIX = "VARVE_";

    /// Variables of the launcher and of the commands; no broker key has these names.
    static final Set<String> RESERVED =
            Set.of(
                    "VARVE_HOME",
                    "VARVE_JAVA_HOME",
                    "VARVE_JVM_OPTS",
                    "VARVE_CONFIG",
                    "VARVE_DATA",
                    "VARVE_BUCKET",
                    "VARVE_BOOTSTRAP",
                    "VARVE_COMMAND_CONFIG",
                    "VARVE_OUTPUT",
                    "VARVE_LOG_LEVEL",
                    "VARVE_LOG_FORMAT");

    private ConfigEnvironment() {}

    /// The settings in these variables, by variable. A variable that is no known key becomes a
    /// setting under its guessed name: whoever reads the settings reports it as unknown.
    static List<Setting> read(Map<String, String> environment, Collection<String> knownNames) {
        Map<String, String> keyByVariable = new HashMap<>();
        for (String name : knownNames) {
            keyByVariable.putIfAbsent(variable(name), name);
        }
        for (String name : BucketSettings.NAMES) {
            keyByVariable.putIfAbsent(variable(name), name);
        }
        List<Setting> settings = new ArrayList<>();
        new TreeMap<>(environment)
                .forEach((variable, text) -> {
                    if (variable.startsWith(PREFIX) && !RESERVED.contains(variable)) {
                        String guessed = guess(variable);
                        settings.add(
                                new Setting(
                                        keyByVariable.getOrDefault(variable, guessed),
                                        text,
                                        new ConfigOrigin.Environment(variable)));
                    }
                });
        return settings;
    }

    /// The variable of a key.
    static String variable(String key) {
        return PREFIX + key.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    private static String guess(String variable) {
        String lower = variable.substring(PREFIX.length()).toLowerCase(Locale.ROOT);
        String store = "object_store_";
        return lower.startsWith(store)
                ? BucketSettings.PREFIX
                        + lower.substring(store.length()).replaceFirst("_", ".").replace('_', '-')
                : lower.replace('_', '.');
    }
}
