// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.metadata;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.kafka.common.Uuid;

/// A data shard as the metadata knows it: which brokers carry it, and who leads. Immutable.
///
/// @param number of the shard, from 1
/// @param incarnation its life within the generation
/// @param replicas who carries it, the preferred leader first; at least one
/// @param leader node id of the broker that leads, or -1 before anybody ever did
/// @param term Raft term in which that broker was elected; 0 before anybody was
/// @param isr replicas that keep up with the commit, as the leader said last
public record ShardRow(
        int number,
        int incarnation,
        List<Replica> replicas,
        int leader,
        long term,
        List<Integer> isr) {
    public static final int NO_LEADER = -1;

    /// A broker's copy.
    ///
    /// @param peerBits random bits of the directory that holds it: a wiped one is another peer
    public record Replica(int nodeId, Uuid peerBits) {}

    public ShardRow {
        replicas = List.copyOf(replicas);
        isr = List.copyOf(isr);
        List<Integer> nodes = replicas.stream().map(Replica::nodeId).toList();
        if (number < 1
                || incarnation < 0
                || replicas.isEmpty()
                || new HashSet<>(nodes).size() != nodes.size()
                || term < 0) {
            throw new IllegalArgumentException(
                    "bad shard row: shard="
                            + number
                            + ", incarnation="
                            + incarnation
                            + ", replicas="
                            + nodes
                            + ", term="
                            + term);
        }
    }

    /// A shard that nobody has led yet.
    public static ShardRow born(int number, int incarnation, List<Replica> replicas) {
        return new ShardRow(
                number,
                incarnation,
                replicas,
                NO_LEADER,
                0,
                replicas.stream().map(Replica::nodeId).toList());
    }

    public List<Integer> nodes() {
        return replicas.stream().map(Replica::nodeId).toList();
    }

    public Optional<Replica> replica(int nodeId) {
        return replicas.stream().filter(replica -> replica.nodeId() == nodeId).findFirst();
    }

    public OptionalInt knownLeader() {
        return leader == NO_LEADER ? OptionalInt.empty() : OptionalInt.of(leader);
    }

    /// Whether somebody led it: its Raft group exists, and who comes later joins it.
    public boolean led() {
        return term > 0;
    }

    public ShardRow withReplicas(List<Replica> next) {
        List<Integer> nodes = next.stream().map(Replica::nodeId).toList();
        return new ShardRow(
                number,
                incarnation,
                next,
                leader,
                term,
                isr.stream().filter(nodes::contains).toList());
    }

    public ShardRow withLeader(int nodeId, long newTerm, List<Integer> inSync) {
        return new ShardRow(number, incarnation, replicas, nodeId, newTerm, inSync);
    }

    /// The row in one line: `incarnation=0 replicas=1:BITS,2:BITS leader=1 term=7 isr=1,2`.
    String toLine() {
        return "incarnation="
                + incarnation
                + " replicas="
                + String.join(
                        ",",
                        replicas.stream()
                                .map(replica -> replica.nodeId() + ":" + replica.peerBits())
                                .toList())
                + " leader="
                + leader
                + " term="
                + term
                + " isr="
                + String.join(",", isr.stream().map(String::valueOf).toList());
    }

    /// @throws IllegalArgumentException the line is no row; the message holds it
    static ShardRow fromLine(int number, String line) {
        Map<String, String> fields = new HashMap<>();
        for (String part : line.split(" ", -1)) {
            int equals = part.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException("no shard row: " + line);
            }
            fields.put(part.substring(0, equals), part.substring(equals + 1));
        }
        List<Replica> replicas = new ArrayList<>();
        for (String replica : field(fields, "replicas", line).split(",", -1)) {
            int colon = replica.indexOf(':');
            if (colon < 1) {
                throw new IllegalArgumentException("no shard row: " + line);
            }
            replicas.add(
                    new Replica(
                            Integer.parseInt(replica.substring(0, colon)),
                            Uuid.fromString(replica.substring(colon + 1))));
        }
        List<Integer> isr = new ArrayList<>();
        for (String node : field(fields, "isr", line).split(",", -1)) {
            if (!node.isEmpty()) {
                isr.add(Integer.parseInt(node));
            }
        }
        return new ShardRow(
                number,
                Integer.parseInt(field(fields, "incarnation", line)),
                replicas,
                Integer.parseInt(field(fields, "leader", line)),
                Long.parseLong(field(fields, "term", line)),
                isr);
    }

    private static String field(Map<String, String> fields, String name, String line) {
        String value = fields.get(name);
        if (value == null) {
            throw new IllegalArgumentException("no shard row: missing=" + name + ", line=" + line);
        }
        return value;
    }
}
