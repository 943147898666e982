// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.config;

import static org.apache.kafka.common.config.ConfigDef.Type.BOOLEAN;
import static org.apache.kafka.common.config.ConfigDef.Type.DOUBLE;
import static org.apache.kafka.common.config.ConfigDef.Type.INT;
import static org.apache.kafka.common.config.ConfigDef.Type.LIST;
import static org.apache.kafka.common.config.ConfigDef.Type.LONG;
import static org.apache.kafka.common.config.ConfigDef.Type.STRING;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.SslConfigs;
import org.apache.kafka.common.config.internals.BrokerSecurityConfigs;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;
import org.apache.kafka.network.SocketServerConfigs;
import org.apache.kafka.server.config.ConfigSynonym;
import org.jspecify.annotations.Nullable;

/// Every key that a broker knows. Kafka's names, types and defaults where Kafka has the idea.
/// Immutable.
public final class BrokerKeys {
    static final String OFF = "off";

    /// Security keys of one listener.
    static final String LISTENER_PREFIX = "listener.name.";

    static final String NODE_ID = "node.id";
    static final String LISTENERS = "listeners";
    static final String ADVERTISED_LISTENERS = "advertised.listeners";
    static final String PROTOCOL_MAP = "listener.security.protocol.map";
    static final String LOG_DIRS = "log.dirs";
    static final String RACK = "broker.rack";
    static final String NUM_PARTITIONS = "num.partitions";
    static final String REPLICATION = "default.replication.factor";
    static final String REPLICA_LAG = "replica.lag.time.max.ms";
    static final String AUTO_CREATE = "auto.create.topics.enable";
    static final String SUPER_USERS = "super.users";
    static final String SEEDS = "cluster.seeds";
    static final String RAFT_LISTENER = "raft.listener";
    static final String HTTP_LISTENER = "http.listener";
    static final String SHARDS = "shards.per.broker";
    static final String LOG_FILE_BYTES = "log.file.bytes";
    static final String ARCHIVE_BUCKET = "archive.bucket";
    static final String ARCHIVE_INTERVAL = "archive.interval.ms";
    static final String ARCHIVE_JOURNAL_BYTES = "archive.journal.bytes";
    static final String ARCHIVE_SEGMENT_BYTES = "archive.segment.bytes";
    static final String ARCHIVE_SEGMENT_AGE = "archive.segment.age.ms";
    static final String ARCHIVE_DELETE_GRACE = "archive.delete.grace.ms";
    static final String ARCHIVE_UNDELETE = "archive.topic.undelete.ms";
    static final String RETENTION_CHECK = "log.retention.check.interval.ms";
    static final String ORPHAN_SCAN = "archive.orphan.scan.interval.ms";
    static final String ARCHIVE_SCRUB = "archive.scrub.days";
    static final String RESTORE_POINT_INTERVAL = "restore.point.interval.ms";
    static final String FENCING_LEASE = "fencing.lease.ms";
    static final String REHEARSE_CRON = "rehearse.cron";
    static final String CACHE_DIR = "cache.dir";
    static final String CACHE_BYTES = "cache.bytes";
    static final String DISK_LOW = "disk.low.watermark";
    static final String DISK_HIGH = "disk.high.watermark";
    static final String MAX_BYTES_LIMIT = "message.max.bytes.limit";
    static final String MAX_BYTES = "message.max.bytes";
    static final String LOCAL_RETENTION_MS = "log.local.retention.ms";
    static final String OFFSETS_PARTITIONS = "offsets.topic.num.partitions";
    static final String OFFSETS_REPLICATION = "offsets.topic.replication.factor";
    static final String PRODUCER_EXPIRATION = "producer.id.expiration.ms";
    static final String REQUEST_MAX_BYTES = "socket.request.max.bytes";
    static final String IDLE_MS = "connections.max.idle.ms";
    static final String MAX_CONNECTIONS = "max.connections";
    static final String MAX_CONNECTIONS_PER_IP = "max.connections.per.ip";
    static final String FETCH_MAX_BYTES = "fetch.max.bytes";

    private static final long MIB = 1 << 20;
    private static final long HOUR_MS = 3_600_000;
    private static final long DAY_MS = 24 * HOUR_MS;

    private static final SortedMap<String, BrokerKey> KEYS =
            Collections.unmodifiableSortedMap(define());
    private static final Map<String, String> CANONICAL = canonicalNames();

    private BrokerKeys() {}

    /// All keys by canonical name.
    public static SortedMap<String, BrokerKey> all() {
        return KEYS;
    }

    /// The key of a name or alias.
    public static Optional<BrokerKey> find(String nameOrAlias) {
        return Optional.ofNullable(KEYS.get(CANONICAL.getOrDefault(nameOrAlias, nameOrAlias)));
    }

    /// Every accepted name, aliases included.
    static List<String> names() {
        List<String> names = new ArrayList<>(KEYS.keySet());
        names.addAll(CANONICAL.keySet());
        return names;
    }

    private static SortedMap<String, BrokerKey> define() {
        SortedMap<String, BrokerKey> keys = new TreeMap<>();
        adoptKafka(keys);
        topicDefaults(keys);
        node(keys);
        hotTier(keys);
        archive(keys);
        topics(keys);
        network(keys);
        return keys;
    }

    private static void node(SortedMap<String, BrokerKey> keys) {
        required(
                keys,
                NODE_ID,
                INT,
                Bounds.between(0, Integer.MAX_VALUE),
                "Number of this broker, unique in its cluster.");
        required(keys, LOG_DIRS, LIST, null, "The one directory that holds this broker's data.");
        own(
                keys,
                RACK,
                STRING,
                null,
                null,
                "Rack of this broker: consumers of the same rack may read from it.");
        own(
                keys,
                SEEDS,
                LIST,
                List.of(),
                null,
                "id@host:port of the Raft listeners of the first voters; empty for one broker.");
        own(
                keys,
                LISTENERS,
                LIST,
                List.of("PLAINTEXT://:9092"),
                null,
                "NAME://host:port, where Kafka clients connect. Port 0: any free one.");
        own(
                keys,
                ADVERTISED_LISTENERS,
                LIST,
                null,
                null,
                "NAME://host:port, what clients are told; by default the listeners.");
        own(
                keys,
                PROTOCOL_MAP,
                STRING,
                SocketServerConfigs.LISTENER_SECURITY_PROTOCOL_MAP_DEFAULT,
                null,
                "NAME:PROTOCOL,... with PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.");
        own(
                keys,
                RAFT_LISTENER,
                STRING,
                "127.0.0.1:9192",
                null,
                "host:port where brokers talk to each other.");
        own(
                keys,
                HTTP_LISTENER,
                STRING,
                "127.0.0.1:9644",
                null,
                "host:port of console, metrics, health and admin.");
        own(keys, SUPER_USERS, STRING, "", null, "User:name;User:name: who may do everything.");
    }

    private static void hotTier(SortedMap<String, BrokerKey> keys) {
        own(
                keys,
                SHARDS,
                INT,
                null,
                Bounds.between(1, 64),
                "Shards that each broker leads, per replication factor in use; by default max(1, min(4, cores / 4)).");
        own(
                keys,
                LOG_FILE_BYTES,
                LONG,
                64 * MIB,
                Bounds.between(MIB, 1024 * MIB),
                "Size of the files that the partitions of a shard share on local disk.");
        own(
                keys,
                LOCAL_RETENTION_MS,
                LONG,
                DAY_MS,
                Bounds.between(-2, Long.MAX_VALUE),
                "How long archived records stay on local disk too; -2: as long as retention.ms says, -1: for ever.");
        own(
                keys,
                DISK_LOW,
                DOUBLE,
                0.75,
                Bounds.fraction(),
                "Share of the disk from which all archived data may leave it.");
        own(
                keys,
                DISK_HIGH,
                DOUBLE,
                0.90,
                Bounds.fraction(),
                "Share of the disk from which producers of topics that cannot be archived are pushed back.");
        own(
                keys,
                CACHE_DIR,
                STRING,
                null,
                null,
                "Where chunks from the bucket are cached; by default under log.dirs.");
        own(
                keys,
                CACHE_BYTES,
                LONG,
                null,
                Bounds.between(MIB, Long.MAX_VALUE),
                "Size of that cache; by default 10 % of the disk.");
    }

    private static void archive(SortedMap<String, BrokerKey> keys) {
        required(
                keys,
                ARCHIVE_BUCKET,
                STRING,
                null,
                "URL of the bucket: file:///dir, s3://bucket/prefix, azure://container/prefix, gs://bucket/prefix.");
        own(
                keys,
                ARCHIVE_INTERVAL,
                LONG,
                5_000L,
                Bounds.between(50, HOUR_MS),
                "What was acknowledged is in the bucket after this time: bounds the loss after a disaster.");
        own(
                keys,
                ARCHIVE_JOURNAL_BYTES,
                LONG,
                16 * MIB,
                Bounds.between(64 * 1024, 512 * MIB),
                "A journal is written earlier when this much waits.");
        own(
                keys,
                ARCHIVE_SEGMENT_BYTES,
                LONG,
                128 * MIB,
                Bounds.between(4 * 1024, 512 * MIB),
                "Size of segment objects; a topic's segment.bytes wins.");
        own(
                keys,
                ARCHIVE_SEGMENT_AGE,
                LONG,
                HOUR_MS,
                Bounds.between(100, 30 * DAY_MS),
                "A segment object is written when its oldest record is this old.");
        own(
                keys,
                ARCHIVE_DELETE_GRACE,
                LONG,
                HOUR_MS,
                Bounds.between(0, 365 * DAY_MS),
                "An object that nothing names any more stays this long.");
        own(
                keys,
                ARCHIVE_UNDELETE,
                LONG,
                7 * DAY_MS,
                Bounds.between(0, 3650 * DAY_MS),
                "A deleted topic can be brought back for this long.");
        own(
                keys,
                RETENTION_CHECK,
                LONG,
                300_000L,
                Bounds.between(100, DAY_MS),
                "Retention is looked at this often; objects past their grace are deleted at every second look.");
        own(
                keys,
                ORPHAN_SCAN,
                LONG,
                3_600_000L,
                Bounds.between(1_000, 30 * DAY_MS),
                "The bucket is listed this often for objects that nothing names: older than the grace, they are deleted.");
        own(
                keys,
                ARCHIVE_SCRUB,
                INT,
                30,
                Bounds.between(1, 3650),
                "Every object's bytes are read back and checked once in so many days.");
        own(
                keys,
                RESTORE_POINT_INTERVAL,
                LONG,
                300_000L,
                Bounds.between(1_000, 30 * DAY_MS),
                "A consistent cut is kept this often.");
        own(
                keys,
                FENCING_LEASE,
                STRING,
                OFF,
                Bounds.offOrAtLeast(1_000),
                "A broker that could not read the bucket for this long stops acknowledging (ms).");
        own(keys, REHEARSE_CRON, STRING, OFF, Bounds.offOrCron(), "When a restore is rehearsed.");
    }

    private static void topics(SortedMap<String, BrokerKey> keys) {
        own(
                keys,
                NUM_PARTITIONS,
                INT,
                1,
                Bounds.between(1, 100_000),
                "Partitions of a topic that is created without a number.");
        own(
                keys,
                REPLICATION,
                INT,
                1,
                Bounds.between(1, 5),
                "Replicas of a topic that is created without a number.");
        own(
                keys,
                REPLICA_LAG,
                LONG,
                30_000L,
                Bounds.between(1_000, DAY_MS),
                "A replica that is further behind the commit than this (ms) is out of sync.");
        own(
                keys,
                AUTO_CREATE,
                BOOLEAN,
                false,
                null,
                "Whether a client that names an unknown topic creates it.");
        own(
                keys,
                MAX_BYTES_LIMIT,
                INT,
                (int) (8 * MIB),
                Bounds.between(MIB, 64 * MIB),
                "Largest value of max.message.bytes; sizes Raft's buffers. The same on all brokers.");
        own(
                keys,
                PRODUCER_EXPIRATION,
                INT,
                (int) DAY_MS,
                Bounds.between(1, Integer.MAX_VALUE),
                "A producer id that wrote nothing for this long is forgotten.");
    }

    private static void network(SortedMap<String, BrokerKey> keys) {
        own(
                keys,
                REQUEST_MAX_BYTES,
                INT,
                104_857_600,
                Bounds.between(MIB, Integer.MAX_VALUE),
                "Largest request that is read.");
        own(
                keys,
                IDLE_MS,
                LONG,
                600_000L,
                Bounds.between(1_000, Long.MAX_VALUE),
                "A connection that is silent for this long is closed.");
        own(
                keys,
                MAX_CONNECTIONS,
                INT,
                Integer.MAX_VALUE,
                Bounds.between(1, Integer.MAX_VALUE),
                "Connections to this broker.");
        own(
                keys,
                MAX_CONNECTIONS_PER_IP,
                INT,
                Integer.MAX_VALUE,
                Bounds.between(1, Integer.MAX_VALUE),
                "Connections from one address.");
        own(
                keys,
                FETCH_MAX_BYTES,
                INT,
                57_671_680,
                Bounds.between(1_024, Integer.MAX_VALUE),
                "Most bytes that one fetch answers.");
    }

    private static void adoptKafka(SortedMap<String, BrokerKey> keys) {
        ConfigDef security = new ConfigDef(BrokerSecurityConfigs.CONFIG_DEF);
        ConfigDef ssl = new ConfigDef();
        SslConfigs.addClientSslSupport(ssl);
        for (ConfigDef adopted :
                List.of(
                        ssl,
                        security,
                        GroupCoordinatorConfig.CONFIG_DEF,
                        ShareGroupConfig.CONFIG_DEF)) {
            for (ConfigDef.ConfigKey key : adopted.configKeys().values()) {
                if (!key.internalConfig) {
                    Object defaultValue = key.hasDefault() ? key.defaultValue : null;
                    put(
                            keys,
                            key.name,
                            key.type,
                            defaultValue,
                            key.validator,
                            false,
                            key.documentation);
                }
            }
        }
    }

    /// The broker keys from which topics take their defaults, typed as the topic key where the unit
    /// is the same.
    private static void topicDefaults(SortedMap<String, BrokerKey> keys) {
        for (BrokerKey topicKey : TopicKeys.all().values()) {
            for (ConfigSynonym synonym : TopicKeys.defaultsFrom(topicKey.name())) {
                boolean otherUnit =
                        synonym.name().endsWith(".hours") || synonym.name().endsWith(".minutes");
                boolean first =
                        TopicKeys.defaultsFrom(topicKey.name())
                                .getFirst()
                                .name()
                                .equals(synonym.name());
                put(
                        keys,
                        synonym.name(),
                        otherUnit ? INT : topicKey.type(),
                        otherUnit || !first ? null : topicKey.defaultValue(),
                        otherUnit ? null : topicKey.validator(),
                        false,
                        "Default of the topic key "
                                + topicKey.name()
                                + ". "
                                + topicKey.documentation());
            }
        }
    }

    private static void own(
            SortedMap<String, BrokerKey> keys,
            String name,
            ConfigDef.Type type,
            @Nullable Object defaultValue,
            ConfigDef.@Nullable Validator validator,
            String documentation) {
        put(keys, name, type, defaultValue, validator, false, documentation);
    }

    private static void required(
            SortedMap<String, BrokerKey> keys,
            String name,
            ConfigDef.Type type,
            ConfigDef.@Nullable Validator validator,
            String documentation) {
        put(keys, name, type, null, validator, true, documentation);
    }

    private static void put(
            SortedMap<String, BrokerKey> keys,
            String name,
            ConfigDef.Type type,
            @Nullable Object defaultValue,
            ConfigDef.@Nullable Validator validator,
            boolean required,
            String documentation) {
        List<String> aliases = RedpandaNames.BROKER.getOrDefault(name, List.of());
        keys.put(
                name,
                new BrokerKey(
                        name,
                        type,
                        defaultValue,
                        validator,
                        Units.of(name),
                        required,
                        aliases,
                        documentation));
    }

    private static Map<String, String> canonicalNames() {
        Map<String, String> names = new HashMap<>();
        KEYS.values().forEach(key -> key.aliases().forEach(alias -> names.put(alias, key.name())));
        return Map.copyOf(names);
    }
}
