// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.peers;

import io.varve.broker.raft.PeerClient;
import io.varve.broker.raft.PeerHandler;
import io.varve.manifest.ShardId;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;

/// What a broker says of the cluster that it belongs to, to one that wants to join. Immutable.
public record Hello(String clusterId, ShardId metadataShard) {
    private static final String METHOD = "hello";

    public static Map<String, PeerHandler> handler(Hello mine) {
        byte[] answer = mine.encode();
        return Map.of(METHOD, request -> CompletableFuture.completedFuture(answer));
    }

    /// @return fails when nobody answers there as a broker
    public static CompletableFuture<Hello> ask(PeerClient client, String address, Duration limit) {
        return client.ask(address, METHOD, new byte[0], limit).thenApply(Hello::decode);
    }

    private byte[] encode() {
        Properties properties = new Properties();
        properties.setProperty("cluster.id", clusterId);
        properties.setProperty("generation", Integer.toString(metadataShard.generation()));
        properties.setProperty("incarnation", Integer.toString(metadataShard.incarnation()));
        StringWriter text = new StringWriter();
        try {
            properties.store(text, null);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // nothing here does I/O
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static Hello decode(byte[] answer) {
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(new String(answer, StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Hello(
                properties.getProperty("cluster.id", ""),
                new ShardId(
                        Integer.parseInt(properties.getProperty("generation", "0")),
                        ShardId.METADATA_SHARD,
                        Integer.parseInt(properties.getProperty("incarnation", "0"))));
    }
}
