// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.broker.raft.RaftPeerName;
import io.varve.manifest.ShardId;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;

/// Whose data a directory holds: written once when it is formatted, and read at every start.
/// Immutable.
///
/// @param peerBits 128 random bits in hex: a wiped directory is a new Raft peer, never the old one
/// @param founder whether this broker founded the generation: it carried `shards` alone at first.
///   Every other joined
/// @param shards shard 0, and for the founder those that came with the generation
public record DirectoryIdentity(
        String clusterId,
        int nodeId,
        int generation,
        String peerBits,
        boolean founder,
        List<ShardId> shards) {
    private static final String FORMAT = "1";

    public DirectoryIdentity {
        shards = shards.stream().sorted(Comparator.naturalOrder()).toList();
        if (shards.isEmpty() || !shards.getFirst().isMetadata()) {
            throw new IllegalArgumentException("no metadata shard: shards=" + shards);
        }
    }

    /// The Raft peer id of this directory.
    public String peerId() {
        return nodeId + "-" + peerBits;
    }

    /// The directory's random bits as the metadata keeps them.
    Uuid peerUuid() {
        return new Uuid(
                Long.parseUnsignedLong(peerBits.substring(0, 16), 16),
                Long.parseUnsignedLong(peerBits.substring(16), 16));
    }

    /// The Raft peer of a directory that the metadata names.
    static RaftPeerName peerName(int nodeId, Uuid bits) {
        return new RaftPeerName(
                nodeId,
                String.format(
                        Locale.ROOT,
                        "%016x%016x",
                        bits.getMostSignificantBits(),
                        bits.getLeastSignificantBits()));
    }

    ShardId metadataShard() {
        return shards.getFirst();
    }

    Properties toProperties() {
        Properties properties = new Properties();
        properties.setProperty("format", FORMAT);
        properties.setProperty("cluster.id", clusterId);
        properties.setProperty("node.id", Integer.toString(nodeId));
        properties.setProperty("generation", Integer.toString(generation));
        properties.setProperty("peer.bits", peerBits);
        properties.setProperty("founder", Boolean.toString(founder));
        properties.setProperty(
                "shards",
                shards.stream()
                        .map(shard -> shard.shard() + "-" + shard.incarnation())
                        .collect(Collectors.joining(",")));
        return properties;
    }

    /// @throws IllegalArgumentException a property is missing or makes no sense; the message names
    ///   it
    static DirectoryIdentity fromProperties(Properties properties) {
        String format = required(properties, "format");
        if (!format.equals(FORMAT)) {
            throw new IllegalArgumentException(
                    "directory format is not one this version knows: format="
                            + format
                            + ", known="
                            + FORMAT);
        }
        int generation = Integer.parseInt(required(properties, "generation"));
        List<ShardId> shards =
                Stream.of(required(properties, "shards").split(",", -1))
                        .map(text -> shard(generation, text))
                        .toList();
        return new DirectoryIdentity(
                required(properties, "cluster.id"),
                Integer.parseInt(required(properties, "node.id")),
                generation,
                required(properties, "peer.bits"),
                Boolean.parseBoolean(properties.getProperty("founder", "true")),
                shards);
    }

    private static ShardId shard(int generation, String text) {
        int dash = text.indexOf('-');
        if (dash <= 0) {
            throw new IllegalArgumentException("not a shard: shards=" + text);
        }
        return new ShardId(
                generation,
                Integer.parseInt(text.substring(0, dash)),
                Integer.parseInt(text.substring(dash + 1)));
    }

    private static String required(Properties properties, String key) {
        String value = properties.getProperty(key);
        if (value == null) {
            throw new IllegalArgumentException("missing key: key=" + key);
        }
        return value;
    }
}
