// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.config;

import io.varve.objectstore.BucketSettings;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.types.Password;
import org.jspecify.annotations.Nullable;

/// The value of every broker key, and where it came from: defaults, under a profile, under the
/// file, under the environment, under flags. Immutable.
public final class ConfigValues {
    private static final String HIDDEN = "[hidden]";

    private final SortedMap<String, Value> values;
    private final SortedMap<String, Setting> open;

    private ConfigValues(SortedMap<String, Value> values, SortedMap<String, Setting> open) {
        this.values = Collections.unmodifiableSortedMap(values);
        this.open = Collections.unmodifiableSortedMap(open);
    }

    /// One key's value.
    ///
    /// @param value parsed, or null when there is neither value nor default
    /// @param writtenAs the name under which it was given, perhaps an alias
    public record Value(
            BrokerKey key, @Nullable Object value, ConfigOrigin origin, String writtenAs) {
        /// Somebody said it; it is not the key's own default.
        public boolean given() {
            return !(origin instanceof ConfigOrigin.Default);
        }

        /// For people; secrets are hidden. Empty when there is no value.
        public String shown() {
            if (value == null) {
                return "";
            }
            return key.sensitive() || value instanceof Password
                    ? HIDDEN
                    : Optional.ofNullable(
                                    org.apache.kafka.common.config.ConfigDef.convertToString(
                                            value, key.type()))
                            .orElse("");
        }
    }

    /// Reads all sources. Problems are added to `problems`; the keys they are about keep their
    /// defaults.
    ///
    /// @throws InvalidConfigException the file as a whole cannot be read
    static ConfigValues resolve(ConfigSources sources, List<String> problems)
            throws InvalidConfigException {
        SortedMap<String, Value> values = new TreeMap<>();
        SortedMap<String, Setting> open = new TreeMap<>();
        for (BrokerKey key : BrokerKeys.all().values()) {
            values.put(
                    key.name(),
                    new Value(key, key.defaultValue(), new ConfigOrigin.Default(), key.name()));
        }
        for (List<Setting> layer : layers(sources)) {
            new Layer(values, open, problems).addAll(layer);
        }
        values.values().stream()
                .filter(value -> value.key().required() && value.value() == null)
                .filter(value ->
                        problems.stream()
                                .noneMatch(problem ->
                                        problem.contains("key=" + value.key().name() + ",")))
                .forEach(value ->
                        problems.add(
                                "missing value: key="
                                        + value.key().name()
                                        + ", allowed="
                                        + value.key().allowed()
                                        + ", meaning="
                                        + value.key().documentation()));
        return new ConfigValues(values, open);
    }

    private static List<List<Setting>> layers(ConfigSources sources) throws InvalidConfigException {
        List<Setting> profile =
                sources.profile().entrySet().stream()
                        .map(e ->
                                new Setting(
                                        e.getKey(),
                                        e.getValue(),
                                        new ConfigOrigin.Profile(sources.profileName())))
                        .toList();
        // What is wrong with the file as a whole is all there is to say: else every key would be
        // missing.
        List<Setting> file = sources.file() == null ? List.of() : ConfigFile.read(sources.file());
        return List.of(
                profile,
                file,
                ConfigEnvironment.read(sources.environment(), BrokerKeys.names()),
                sources.flags());
    }

    /// Settings of one source on top of what weaker sources said.
    private record Layer(
            SortedMap<String, Value> values,
            SortedMap<String, Setting> open,
            List<String> problems) {
        void addAll(Collection<Setting> settings) {
            Map<String, Setting> seen = new TreeMap<>();
            for (Setting setting : settings) {
                Optional<BrokerKey> key = BrokerKeys.find(setting.name());
                Setting before =
                        seen.putIfAbsent(key.map(BrokerKey::name).orElse(setting.name()), setting);
                if (before != null) {
                    problems.add(
                            "value given twice: key="
                                    + setting.name()
                                    + ", where="
                                    + setting.origin().describe()
                                    + ", before="
                                    + before.origin().describe()
                                    + " as "
                                    + before.name());
                } else if (key.isPresent()) {
                    add(key.get(), setting);
                } else {
                    addOpen(setting);
                }
            }
        }

        private void add(BrokerKey key, Setting setting) {
            try {
                values.put(
                        key.name(),
                        new Value(
                                key, key.parse(setting.text()), setting.origin(), setting.name()));
            } catch (ConfigException e) {
                String shown = key.sensitive() ? HIDDEN : setting.text();
                problems.add(
                        "bad value: key="
                                + setting.name()
                                + ", value="
                                + shown
                                + ", where="
                                + setting.origin().describe()
                                + ", allowed="
                                + key.allowed());
            }
        }

        private void addOpen(Setting setting) {
            boolean store = setting.name().startsWith(BucketSettings.PREFIX);
            boolean listener =
                    setting.name().matches("listener\\.name\\.[^.]+\\..+")
                            && isSecurityKey(setting.name().split("\\.", 4)[3]);
            if (store || listener) {
                open.put(setting.name(), setting);
                return;
            }
            problems.add(
                    "unknown key: key="
                            + setting.name()
                            + ", where="
                            + setting.origin().describe()
                            + ", nearest="
                            + NearestName.to(setting.name(), BrokerKeys.names()).orElse(""));
        }

        private static boolean isSecurityKey(String suffix) {
            String name =
                    suffix.replaceFirst(
                            "^(plain|scram-sha-256|scram-sha-512|oauthbearer|gssapi)\\.", "");
            return (name.startsWith("ssl.")
                            || name.startsWith("sasl.")
                            || name.startsWith("connections."))
                    && BrokerKeys.find(name).isPresent();
        }
    }

    /// Every key, by name.
    public SortedMap<String, Value> all() {
        return values;
    }

    /// A key's value by its canonical name.
    public Value get(String name) {
        Value value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("no such key: key=" + name);
        }
        return value;
    }

    /// Settings whose names are not fixed (`object-store.*`, `listener.name.*`), under a prefix and
    /// without it.
    public SortedMap<String, String> under(String prefix) {
        SortedMap<String, String> found = new TreeMap<>();
        open.forEach((name, setting) -> {
            if (name.startsWith(prefix)) {
                found.put(name.substring(prefix.length()), setting.text());
            }
        });
        return found;
    }

    /// One line a key for people (`check-config`): name, value, where it came from. Secrets are
    /// hidden.
    public List<String> describe() {
        List<String> lines = new ArrayList<>();
        values.values()
                .forEach(value ->
                        lines.add(
                                value.key().name()
                                        + " = "
                                        + value.shown()
                                        + "    ("
                                        + value.origin().describe()
                                        + (value.writtenAs().equals(value.key().name())
                                                ? ""
                                                : " as " + value.writtenAs())
                                        + ")"));
        open.values()
                .forEach(setting ->
                        lines.add(
                                setting.name()
                                        + " = "
                                        + HIDDEN
                                        + "    ("
                                        + setting.origin().describe()
                                        + ")"));
        return lines;
    }

    String text(String name) {
        Object value = get(name).value();
        return value == null ? "" : value.toString();
    }

    Optional<String> optionalText(String name) {
        return Optional.ofNullable(get(name).value())
                .map(Object::toString)
                .filter(text -> !text.isEmpty());
    }

    /// A number's value; 0 when it could not be read (then there is a problem about it).
    long number(String name) {
        return get(name).value() instanceof Number number ? number.longValue() : 0;
    }

    int integer(String name) {
        return Math.toIntExact(number(name));
    }

    double fraction(String name) {
        return get(name).value() instanceof Number number ? number.doubleValue() : 0;
    }

    boolean flag(String name) {
        return Boolean.TRUE.equals(get(name).value());
    }

    List<String> list(String name) {
        return get(name).value() instanceof List<?> list
                ? list.stream().map(Object::toString).toList()
                : List.of();
    }
}
