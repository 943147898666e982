// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import io.varve.manifest.metadata.ShardRow;
import io.varve.manifest.metadata.ShardRow.Replica;
import io.varve.manifest.metadata.ShardTable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.metadata.BrokerRegistration;
import org.apache.kafka.metadata.PartitionRegistration;
import org.apache.kafka.server.common.ApiMessageAndVersion;

/// Finds a data shard for each new partition, and makes shards as replica sets ask for them.
///
/// For each replication factor in use, every broker is the preferred leader of `shardsPerBroker`
/// shards; the brokers that follow it, in the order of their ids, are the other replicas. So
/// leaders and copies are spread evenly, and a broker that dies leaves its load to all others. A
/// partition goes to the shard of its factor that carries the fewest, the lowest number among
/// equals.
///
/// Owner: one plan.
final class ShardPlacement {
    private final TreeMap<Integer, Replica> brokers = new TreeMap<>();
    private final SortedSet<Integer> unfenced = new TreeSet<>();
    private final int shardsPerBroker;
    private final Map<Integer, Integer> partitionsByShard = new HashMap<>();
    private final List<ApiMessageAndVersion> records = new ArrayList<>();
    private ShardTable table;

    ShardPlacement(MetadataImage image, int shardsPerBroker) {
        this.shardsPerBroker = shardsPerBroker;
        table = ShardTable.of(image.configs());
        for (BrokerRegistration broker : image.cluster().brokers().values()) {
            ShardPlans.replicaOf(broker).ifPresent(replica -> brokers.put(broker.id(), replica));
            if (!broker.fenced()) {
                unfenced.add(broker.id());
            }
        }
        for (TopicImage topic : image.topics().topicsById().values()) {
            for (PartitionRegistration partition : topic.partitions().values()) {
                ClusterMetadata.shardOf(partition)
                        .ifPresent(shard -> partitionsByShard.merge(shard, 1, Integer::sum));
            }
        }
    }

    /// Brokers that are registered, alive or not: how many replicas there can be.
    int brokers() {
        return brokers.size();
    }

    /// The shard of one more partition.
    ///
    /// @param factor of replication, at most [#brokers()]
    ShardRow next(int factor) {
        ensure(factor);
        return fewest(
                table.rows().values().stream()
                        .filter(row -> row.replicas().size() == factor)
                        .toList());
    }

    /// The shard of one more partition on exactly these brokers, the first of them preferred as
    /// leader.
    ShardRow on(List<Integer> nodes) {
        List<ShardRow> fitting =
                table.rows().values().stream().filter(row -> row.nodes().equals(nodes)).toList();
        return fitting.isEmpty() ? count(add(nodes)) : fewest(fitting);
    }

    /// Shards of this factor for every live broker, where there are not enough.
    void ensure(int factor) {
        for (int leader : unfenced.isEmpty() ? brokers.keySet() : unfenced) {
            long led =
                    table.rows().values().stream()
                            .filter(row ->
                                    row.replicas().size() == factor
                                            && row.replicas().getFirst().nodeId() == leader)
                            .count();
            for (long shard = led; shard < shardsPerBroker; shard++) {
                add(from(leader, factor));
            }
        }
    }

    private List<Integer> from(int leader, int factor) {
        List<Integer> order = new ArrayList<>(brokers.tailMap(leader).keySet());
        order.addAll(brokers.headMap(leader).keySet());
        return order.subList(0, factor);
    }

    private ShardRow add(List<Integer> nodes) {
        List<Replica> replicas = new ArrayList<>();
        for (int node : nodes) {
            Replica replica = brokers.get(node);
            if (replica == null) {
                throw new IllegalArgumentException("no such broker: broker=" + node);
            }
            replicas.add(replica);
        }
        ShardRow row = ShardRow.born(table.nextNumber(), 0, replicas);
        table = table.with(row);
        records.add(ShardTable.record(row));
        return row;
    }

    private ShardRow fewest(List<ShardRow> rows) {
        ShardRow best = rows.getFirst();
        for (ShardRow row : rows) {
            if (load(row) < load(best)) {
                best = row;
            }
        }
        return count(best);
    }

    private int load(ShardRow row) {
        return partitionsByShard.getOrDefault(row.number(), 0);
    }

    private ShardRow count(ShardRow row) {
        partitionsByShard.merge(row.number(), 1, Integer::sum);
        return row;
    }

    /// Records of the shards that were made; they come before the partitions on them.
    List<ApiMessageAndVersion> records() {
        return List.copyOf(records);
    }
}
