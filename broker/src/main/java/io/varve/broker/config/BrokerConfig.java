// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.config;

import io.varve.objectstore.BucketSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.common.config.AbstractConfig;

/// What a broker is told, checked and typed. Immutable.
///
/// @param values every key with its origin: for check-config and DescribeConfigs
public record BrokerConfig(
        Node node,
        Listeners listeners,
        HotTier hotTier,
        Archive archive,
        Topics topics,
        Network network,
        Security security,
        AbstractConfig coordinators,
        ConfigValues values) {
    /// Reads and checks everything.
    ///
    /// @throws InvalidConfigException with all problems at once
    public static BrokerConfig load(ConfigSources sources) throws InvalidConfigException {
        return BrokerConfigReader.read(sources);
    }

    /// Who this broker is.
    ///
    /// @param dataDir the one directory of `log.dirs`, absolute
    /// @param seeds Raft listeners of the first voters; empty for a single broker
    public record Node(int nodeId, Optional<String> rack, Path dataDir, List<Seed> seeds) {
        public Node {
            seeds = List.copyOf(seeds);
        }
    }

    /// A first voter.
    public record Seed(int nodeId, HostPort address) {}

    /// Where it listens. `advertised` has one entry per listener name; a port or host that is open
    /// in `listeners` is open there too (port 0, empty host) until the socket is bound.
    public record Listeners(
            List<Endpoint> kafka, List<Endpoint> advertised, HostPort raft, HostPort http) {
        public Listeners {
            kafka = List.copyOf(kafka);
            advertised = List.copyOf(advertised);
        }
    }

    /// Local disk.
    ///
    /// @param lowWatermark, highWatermark shares of the disk, low below high
    /// @param cacheBytes empty: 10 % of the disk
    /// @param replicaLagMaxMs a replica that is further behind the commit is out of sync
    public record HotTier(
            int shards,
            long fileBytes,
            double lowWatermark,
            double highWatermark,
            Path cacheDir,
            OptionalLong cacheBytes,
            long replicaLagMaxMs) {}

    /// The bucket and the jobs that fill and tidy it.
    ///
    /// @param fencingLeaseMs empty: off
    /// @param bucketSettings what `object-store.*` keys give
    public record Archive(
            String bucketUrl,
            long intervalMs,
            long journalBytes,
            long segmentBytes,
            long segmentAgeMs,
            long deleteGraceMs,
            long topicUndeleteMs,
            long retentionCheckMs,
            long orphanScanMs,
            int scrubDays,
            long restorePointIntervalMs,
            OptionalLong fencingLeaseMs,
            Optional<String> rehearseCron,
            BucketSettings bucketSettings) {
        @Override
        public String toString() {
            return "Archive[bucketUrl="
                    + bucketUrl
                    + ", intervalMs="
                    + intervalMs
                    + ", segmentBytes="
                    + segmentBytes
                    + "]";
        }
    }

    /// New topics and the internal ones.
    ///
    /// @param maxMessageBytesLimit no topic may allow larger batches
    /// @param offsetsReplication of `__consumer_offsets`; at most as many as there are brokers when
    ///   it is created
    public record Topics(
            int partitions,
            short replication,
            boolean autoCreate,
            int maxMessageBytesLimit,
            int offsetsPartitions,
            short offsetsReplication,
            long producerIdExpirationMs) {}

    /// Bounds of the Kafka listeners.
    public record Network(
            int maxRequestBytes,
            long maxIdleMs,
            int maxConnections,
            int maxConnectionsPerIp,
            int maxFetchBytes) {}

    /// Who may come in and how.
    ///
    /// @param superUsers principals, `User:name`
    /// @param kafka parsed `ssl.*` and `sasl.*` keys as Kafka's classes take them; may hold secrets
    ///   (as Password)
    public record Security(List<String> superUsers, Map<String, Object> kafka) {
        public Security {
            superUsers = List.copyOf(superUsers);
            kafka = java.util.Collections.unmodifiableMap(new java.util.HashMap<>(kafka));
        }

        @Override
        public String toString() {
            return "Security[superUsers=" + superUsers + "]";
        }
    }

    /// The first Kafka listener: what a broker calls itself by.
    public Endpoint firstAdvertised() {
        return listeners.advertised().getFirst();
    }
}
