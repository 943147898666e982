// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.config;

import io.varve.objectstore.BucketSettings;
import io.varve.objectstore.BucketUrlException;
import io.varve.objectstore.ObjectStores;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;
import org.jspecify.annotations.Nullable;

/// Makes a [BrokerConfig] of all sources and collects what is wrong on the way. Owner: one call of
/// [#read].
final class BrokerConfigReader {
    private static final Pattern SEED = Pattern.compile("([0-9]{1,9})@(.+)");
    private static final HostPort NOWHERE = new HostPort("", 0);

    private final ConfigValues values;
    private final List<String> problems;

    private BrokerConfigReader(ConfigValues values, List<String> problems) {
        this.values = values;
        this.problems = problems;
    }

    static BrokerConfig read(ConfigSources sources) throws InvalidConfigException {
        List<String> problems = new ArrayList<>();
        ConfigValues values = ConfigValues.resolve(sources, problems);
        BrokerConfigReader reader = new BrokerConfigReader(values, problems);
        BrokerConfig.Node node = reader.node();
        BrokerConfig.Listeners listeners = reader.listeners();
        BrokerConfig.HotTier hotTier = reader.hotTier(node.dataDir(), sources.cores());
        BrokerConfig.Archive archive = reader.archive();
        BrokerConfig.Topics topics = reader.topics();
        BrokerConfig.Network network = reader.network();
        BrokerConfig.Security security = reader.security();
        @Nullable AbstractConfig coordinators = problems.isEmpty() ? reader.coordinators() : null;
        if (coordinators == null || !problems.isEmpty()) {
            throw new InvalidConfigException(problems);
        }
        BrokerConfig config =
                new BrokerConfig(
                        node,
                        listeners,
                        hotTier,
                        archive,
                        topics,
                        network,
                        security,
                        coordinators,
                        values);
        TopicConfigs.checkDefaults(config, problems);
        if (!problems.isEmpty()) {
            throw new InvalidConfigException(problems);
        }
        return config;
    }

    private BrokerConfig.Node node() {
        List<String> dirs = values.list(BrokerKeys.LOG_DIRS);
        if (dirs.size() > 1) {
            bad(BrokerKeys.LOG_DIRS, "one directory: all shards of a broker share a disk");
        }
        List<BrokerConfig.Seed> seeds = new ArrayList<>();
        for (String text : values.list(BrokerKeys.SEEDS)) {
            var matcher = SEED.matcher(text);
            HostPort address = matcher.matches() ? HostPort.parse(matcher.group(2)) : null;
            if (address == null) {
                bad(BrokerKeys.SEEDS, "id@host:port,...");
            } else {
                seeds.add(new BrokerConfig.Seed(Integer.parseInt(matcher.group(1)), address));
            }
        }
        return new BrokerConfig.Node(
                values.integer(BrokerKeys.NODE_ID),
                values.optionalText(BrokerKeys.RACK),
                Path.of(dirs.isEmpty() ? "" : dirs.getFirst()).toAbsolutePath().normalize(),
                seeds);
    }

    private BrokerConfig.Listeners listeners() {
        Map<String, SecurityProtocol> protocols = protocols();
        List<Endpoint> kafka =
                endpoints(BrokerKeys.LISTENERS, values.list(BrokerKeys.LISTENERS), protocols);
        List<String> told = values.list(BrokerKeys.ADVERTISED_LISTENERS);
        List<Endpoint> advertised =
                told.isEmpty()
                        ? kafka
                        : endpoints(BrokerKeys.ADVERTISED_LISTENERS, told, protocols);
        Set<String> names = new HashSet<>();
        kafka.forEach(endpoint -> names.add(endpoint.name()));
        if (kafka.isEmpty()) {
            bad(BrokerKeys.LISTENERS, "at least one NAME://host:port");
        }
        if (!told.isEmpty()) {
            if (advertised.stream().anyMatch(endpoint -> !names.contains(endpoint.name()))) {
                bad(BrokerKeys.ADVERTISED_LISTENERS, "names that listeners has");
            }
            if (advertised.stream()
                    .anyMatch(endpoint ->
                            endpoint.host().isEmpty() || endpoint.host().equals("0.0.0.0"))) {
                bad(BrokerKeys.ADVERTISED_LISTENERS, "a host that clients can reach, not 0.0.0.0");
            }
        }
        return new BrokerConfig.Listeners(
                kafka,
                advertised,
                address(BrokerKeys.RAFT_LISTENER),
                address(BrokerKeys.HTTP_LISTENER));
    }

    private Map<String, SecurityProtocol> protocols() {
        Map<String, SecurityProtocol> protocols = new HashMap<>();
        for (String pair : values.text(BrokerKeys.PROTOCOL_MAP).split(",", -1)) {
            String[] parts = pair.strip().split(":", -1);
            try {
                if (parts.length != 2) {
                    throw new IllegalArgumentException(pair);
                }
                protocols.put(
                        parts[0].strip().toUpperCase(Locale.ROOT),
                        SecurityProtocol.forName(parts[1].strip().toUpperCase(Locale.ROOT)));
            } catch (IllegalArgumentException e) {
                bad(
                        BrokerKeys.PROTOCOL_MAP,
                        "NAME:PROTOCOL,... with PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL");
            }
        }
        return protocols;
    }

    private List<Endpoint> endpoints(
            String key, List<String> texts, Map<String, SecurityProtocol> protocols) {
        List<Endpoint> endpoints = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (String text : texts) {
            Endpoint endpoint = Endpoint.parse(text, protocols);
            if (endpoint == null) {
                bad(key, "NAME://host:port,... with a NAME of listener.security.protocol.map");
            } else if (!names.add(endpoint.name())) {
                bad(key, "each listener name once");
            } else {
                endpoints.add(endpoint);
            }
        }
        return endpoints;
    }

    private HostPort address(String key) {
        HostPort address = HostPort.parse(values.text(key));
        if (address == null) {
            bad(key, "host:port");
            return NOWHERE;
        }
        return address;
    }

    private BrokerConfig.HotTier hotTier(Path dataDir, int cores) {
        double low = values.fraction(BrokerKeys.DISK_LOW);
        double high = values.fraction(BrokerKeys.DISK_HIGH);
        if (low >= high) {
            bad(BrokerKeys.DISK_LOW, "below " + BrokerKeys.DISK_HIGH + "=" + high);
        }
        int shards = values.integer(BrokerKeys.SHARDS);
        return new BrokerConfig.HotTier(
                shards > 0 ? shards : Math.max(1, Math.min(4, cores / 4)),
                values.number(BrokerKeys.LOG_FILE_BYTES),
                low,
                high,
                values.optionalText(BrokerKeys.CACHE_DIR)
                        .map(text -> Path.of(text).toAbsolutePath().normalize())
                        .orElse(dataDir.resolve("cache")),
                optionalNumber(BrokerKeys.CACHE_BYTES),
                values.number(BrokerKeys.REPLICA_LAG));
    }

    private BrokerConfig.Archive archive() {
        String bucket = values.text(BrokerKeys.ARCHIVE_BUCKET);
        checkBucketUrl(bucket);
        BucketSettings bucketSettings = BucketSettings.NONE;
        try {
            bucketSettings = BucketSettings.of(values.under(BucketSettings.PREFIX));
        } catch (BucketUrlException e) {
            problems.add(String.valueOf(e.getMessage()));
        }
        String lease = values.text(BrokerKeys.FENCING_LEASE);
        return new BrokerConfig.Archive(
                bucket,
                values.number(BrokerKeys.ARCHIVE_INTERVAL),
                values.number(BrokerKeys.ARCHIVE_JOURNAL_BYTES),
                values.number(BrokerKeys.ARCHIVE_SEGMENT_BYTES),
                values.number(BrokerKeys.ARCHIVE_SEGMENT_AGE),
                values.number(BrokerKeys.ARCHIVE_DELETE_GRACE),
                values.number(BrokerKeys.ARCHIVE_UNDELETE),
                values.number(BrokerKeys.RETENTION_CHECK),
                values.number(BrokerKeys.ORPHAN_SCAN),
                values.integer(BrokerKeys.ARCHIVE_SCRUB),
                values.number(BrokerKeys.RESTORE_POINT_INTERVAL),
                lease.equals(BrokerKeys.OFF)
                        ? OptionalLong.empty()
                        : OptionalLong.of(Long.parseLong(lease)),
                values.optionalText(BrokerKeys.REHEARSE_CRON)
                        .filter(cron -> !cron.equals(BrokerKeys.OFF)),
                bucketSettings);
    }

    /// Says what is wrong with it, never a credential; the value itself may be one.
    private void checkBucketUrl(String bucket) {
        if (bucket.isEmpty()) {
            return;
        }
        try {
            ObjectStores.checkUrl(bucket);
        } catch (BucketUrlException e) {
            problems.add(
                    "bad value: key="
                            + BrokerKeys.ARCHIVE_BUCKET
                            + ", where="
                            + values.get(BrokerKeys.ARCHIVE_BUCKET).origin().describe()
                            + ": "
                            + e.getMessage());
        }
    }

    private BrokerConfig.Topics topics() {
        int limit = values.integer(BrokerKeys.MAX_BYTES_LIMIT);
        if (values.number(BrokerKeys.MAX_BYTES) > limit) {
            bad(BrokerKeys.MAX_BYTES, "at most " + BrokerKeys.MAX_BYTES_LIMIT + "=" + limit);
        }
        return new BrokerConfig.Topics(
                values.integer(BrokerKeys.NUM_PARTITIONS),
                (short) values.integer(BrokerKeys.REPLICATION),
                values.flag(BrokerKeys.AUTO_CREATE),
                limit,
                values.integer(BrokerKeys.OFFSETS_PARTITIONS),
                (short) values.integer(BrokerKeys.OFFSETS_REPLICATION),
                values.number(BrokerKeys.PRODUCER_EXPIRATION));
    }

    private BrokerConfig.Network network() {
        return new BrokerConfig.Network(
                values.integer(BrokerKeys.REQUEST_MAX_BYTES),
                values.number(BrokerKeys.IDLE_MS),
                values.integer(BrokerKeys.MAX_CONNECTIONS),
                values.integer(BrokerKeys.MAX_CONNECTIONS_PER_IP),
                values.integer(BrokerKeys.FETCH_MAX_BYTES));
    }

    private BrokerConfig.Security security() {
        List<String> superUsers = new ArrayList<>();
        for (String user : values.text(BrokerKeys.SUPER_USERS).split(";", -1)) {
            if (!user.isBlank()) {
                if (!user.strip().matches("[A-Za-z]+:.+")) {
                    bad(BrokerKeys.SUPER_USERS, "User:name;User:name");
                }
                superUsers.add(user.strip());
            }
        }
        Map<String, Object> kafka = new HashMap<>();
        values.all()
                .forEach((name, value) -> {
                    Object parsed = value.value();
                    if (parsed != null
                            && (name.startsWith("ssl.")
                                    || name.startsWith("sasl.")
                                    || name.startsWith("connections.max.reauth"))) {
                        kafka.put(name, parsed);
                    }
                });
        kafka.putAll(prefixed());
        return new BrokerConfig.Security(superUsers, kafka);
    }

    private Map<String, Object> prefixed() {
        Map<String, Object> prefixed = new HashMap<>();
        values.under(BrokerKeys.LISTENER_PREFIX)
                .forEach((name, text) -> prefixed.put(BrokerKeys.LISTENER_PREFIX + name, text));
        return prefixed;
    }

    /// Kafka's `group.*` and `offsets.*` keys in the form that its coordinator takes; cross-checked
    /// by Kafka's own classes.
    private @Nullable AbstractConfig coordinators() {
        ConfigDef definition = new ConfigDef(GroupCoordinatorConfig.CONFIG_DEF);
        ShareGroupConfig.CONFIG_DEF.configKeys().values().forEach(definition::define);
        Map<String, String> given = new HashMap<>();
        for (String name : definition.names()) {
            ConfigValues.@Nullable Value value = values.all().get(name);
            if (value != null && value.given()) {
                given.put(
                        name,
                        String.valueOf(
                                ConfigDef.convertToString(value.value(), value.key().type())));
            }
        }
        try {
            AbstractConfig config = new AbstractConfig(definition, given, false);
            new ShareGroupConfig(config);
            new GroupCoordinatorConfig(config);
            return config;
        } catch (ConfigException | IllegalArgumentException e) {
            problems.add("bad group keys: why=" + e.getMessage());
            return null;
        }
    }

    private OptionalLong optionalNumber(String key) {
        return values.get(key).value() instanceof Number number
                ? OptionalLong.of(number.longValue())
                : OptionalLong.empty();
    }

    private void bad(String key, String allowed) {
        ConfigValues.Value value = values.get(key);
        problems.add(
                "bad value: key="
                        + value.writtenAs()
                        + ", value="
                        + value.shown()
                        + ", where="
                        + value.origin().describe()
                        + ", allowed="
                        + allowed);
    }
}
