// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.manifest.ShardId;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Whose data a directory holds: written once when it is formatted, and read at every start.
/// Immutable.
///
/// @param peerBits 128 random bits in hex: a wiped directory is a new Raft peer, never the old one
/// @param shards the shards of this generation, shard 0 first
public record DirectoryIdentity(
        String clusterId, int nodeId, int generation, String peerBits, List<ShardId> shards) {
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

    Properties toProperties() {
        Properties properties = new Properties();
        properties.setProperty("format", FORMAT);
        properties.setProperty("cluster.id", clusterId);
        properties.setProperty("node.id", Integer.toString(nodeId));
        properties.setProperty("generation", Integer.toString(generation));
        properties.setProperty("peer.bits", peerBits);
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
