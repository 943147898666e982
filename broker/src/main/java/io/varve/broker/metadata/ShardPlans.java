// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import io.varve.manifest.ShardId;
import io.varve.manifest.metadata.ShardRow;
import io.varve.manifest.metadata.ShardRow.Replica;
import io.varve.manifest.metadata.ShardTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.metadata.BrokerRegistration;
import org.apache.kafka.metadata.PartitionRegistration;
import org.apache.kafka.server.common.ApiMessageAndVersion;

/// Works out how the rows of data shards change, against one image: shards that the founder brought
/// along, leaders that report, replicas whose disk was replaced or that are missing. The rows say
/// what should be; each shard's leader makes its Raft group follow. Stateless.
final class ShardPlans {
    private ShardPlans() {}

    /// A registered broker as a replica; empty when it said nothing of its directory.
    static Optional<Replica> replicaOf(BrokerRegistration broker) {
        return broker.directories().stream()
                .findFirst()
                .map(directory -> new Replica(broker.id(), directory));
    }

    /// Rows of the shards that came to be with the generation: its founder carries them alone.
    static List<ApiMessageAndVersion> founded(
            MetadataImage image, List<ShardId> shards, Replica founder) {
        ShardTable table = ShardTable.of(image.configs());
        List<ApiMessageAndVersion> records = new ArrayList<>();
        for (ShardId shard : shards) {
            if (!shard.isMetadata() && table.row(shard.shard()).isEmpty()) {
                records.add(
                        ShardTable.record(
                                ShardRow.born(
                                        shard.shard(), shard.incarnation(), List.of(founder))));
            }
        }
        return records;
    }

    /// What a leader says of its shard; nothing when that is known, or older than what is.
    static List<ApiMessageAndVersion> reported(MetadataImage image, ShardReport report) {
        Optional<ShardRow> known = ShardTable.of(image.configs()).row(report.shard());
        if (known.isEmpty()
                || known.get().term() > report.term()
                || known.get().replica(report.leader()).isEmpty()) {
            return List.of();
        }
        List<Integer> isr = known.get().nodes().stream().filter(report.inSync()::contains).toList();
        ShardRow next = known.get().withLeader(report.leader(), report.term(), isr);
        return next.equals(known.get()) ? List.of() : List.of(ShardTable.record(next));
    }

    /// A broker whose directory is a new one: the old peer is replaced wherever it is named.
    static List<ApiMessageAndVersion> replaced(MetadataImage image, Replica now) {
        List<ApiMessageAndVersion> records = new ArrayList<>();
        for (ShardRow row : ShardTable.of(image.configs()).rows().values()) {
            Optional<Replica> before = row.replica(now.nodeId());
            if (before.isPresent() && !before.get().equals(now)) {
                records.add(
                        ShardTable.record(
                                row.withReplicas(
                                        row.replicas().stream()
                                                .map(each ->
                                                        each.nodeId() == now.nodeId() ? now : each)
                                                .toList())));
            }
        }
        return records;
    }

    /// One replica more for each shard that has fewer than its partitions were made with, as after
    /// a restore onto a broker alone: the live broker that carries the fewest shards.
    static List<ApiMessageAndVersion> widened(MetadataImage image) {
        ShardTable table = ShardTable.of(image.configs());
        Map<Integer, Integer> wanted = wantedReplicas(image);
        TreeMap<Integer, Replica> alive = new TreeMap<>();
        for (BrokerRegistration broker : image.cluster().brokers().values()) {
            if (!broker.fenced()) {
                replicaOf(broker).ifPresent(replica -> alive.put(broker.id(), replica));
            }
        }
        Map<Integer, Integer> load = new HashMap<>();
        table.rows()
                .values()
                .forEach(row -> row.nodes().forEach(node -> load.merge(node, 1, Integer::sum)));
        List<ApiMessageAndVersion> records = new ArrayList<>();
        for (ShardRow row : table.rows().values()) {
            if (!row.led() || row.replicas().size() >= wanted.getOrDefault(row.number(), 0)) {
                continue;
            }
            Replica best = null;
            for (Replica candidate : alive.values()) {
                if (row.replica(candidate.nodeId()).isEmpty()
                        && (best == null
                                || load.getOrDefault(candidate.nodeId(), 0)
                                        < load.getOrDefault(best.nodeId(), 0))) {
                    best = candidate;
                }
            }
            if (best != null) {
                load.merge(best.nodeId(), 1, Integer::sum);
                ShardRow next = row.withReplicas(preferring(row, best, table, wanted));
                table = table.with(next);
                records.add(ShardTable.record(next));
            }
        }
        return records;
    }

    /// The replicas and one more, in the order that spreads preferred leaders: first who is first
    /// least often, among shards that are to have as many replicas.
    private static List<Replica> preferring(
            ShardRow row, Replica more, ShardTable table, Map<Integer, Integer> wanted) {
        Map<Integer, Integer> firsts = new HashMap<>();
        int factor = wanted.getOrDefault(row.number(), 0);
        table.rows().values().stream()
                .filter(other ->
                        other.number() != row.number()
                                && wanted.getOrDefault(other.number(), 0) == factor)
                .forEach(other ->
                        firsts.merge(other.replicas().getFirst().nodeId(), 1, Integer::sum));
        List<Replica> replicas = new ArrayList<>(row.replicas());
        replicas.add(more);
        replicas.sort(Comparator.comparingInt(replica -> firsts.getOrDefault(replica.nodeId(), 0)));
        return replicas;
    }

    /// By shard, the most replicas that any of its partitions was made with.
    static Map<Integer, Integer> wantedReplicas(MetadataImage image) {
        Map<Integer, Integer> wanted = new HashMap<>();
        for (TopicImage topic : image.topics().topicsById().values()) {
            for (PartitionRegistration partition : topic.partitions().values()) {
                ClusterMetadata.shardOf(partition)
                        .ifPresent(
                                shard -> wanted.merge(shard, partition.replicas.length, Math::max));
            }
        }
        return wanted;
    }
}
