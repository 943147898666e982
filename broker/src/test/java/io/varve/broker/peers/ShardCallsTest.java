// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.broker.raft.PeerClient;
import io.varve.broker.raft.PeerHandler;
import io.varve.broker.raft.RaftMember;
import io.varve.broker.raft.RaftNode;
import io.varve.broker.raft.RaftPeerName;
import io.varve.broker.raft.RaftSettings;
import io.varve.manifest.ShardId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.errors.NotControllerException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Brokers that ask each other, over a real Raft listener.
class ShardCallsTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    @TempDir Path directory;

    @Test
    void questionsAreAnsweredOverTheRaftListenerAndErrorsReachTheAsker() throws Exception {
        AtomicBoolean room = new AtomicBoolean(true);
        Map<String, PeerHandler> handlers = new HashMap<>();
        handlers.putAll(Hello.handler(new Hello("cluster-x", new ShardId(3, 0, 2))));
        handlers.putAll(ShardCalls.handlers(Map.of(), number -> number == 7, room::get));
        handlers.put(
                "controller",
                request -> {
                    throw new NotControllerException("not me");
                });
        RaftNode node =
                RaftNode.create(
                        RaftSettings.of(
                                new RaftMember(new RaftPeerName(1, "0".repeat(32)), "127.0.0.1", 0),
                                directory,
                                "127.0.0.1",
                                0,
                                1 << 20),
                        (fact, cause) -> {});
        try (node;
                PeerClient client = new PeerClient()) {
            node.start(handlers);
            String address = "127.0.0.1:" + node.self().port();

            assertThat(Hello.ask(client, address, LIMIT).get(10, TimeUnit.SECONDS))
                    .isEqualTo(new Hello("cluster-x", new ShardId(3, 0, 2)));
            assertThat(ShardCalls.runs(client, address, 7).get(10, TimeUnit.SECONDS)).isTrue();
            assertThat(ShardCalls.runs(client, address, 8).get(10, TimeUnit.SECONDS)).isFalse();
            assertThat(ShardCalls.hasRoom(client, address).get(10, TimeUnit.SECONDS)).isTrue();
            room.set(false);
            assertThat(ShardCalls.hasRoom(client, address).get(10, TimeUnit.SECONDS)).isFalse();
            assertThat(client.ask(address, "controller", new byte[0], LIMIT))
                    .failsWithin(LIMIT)
                    .withThrowableThat()
                    .withMessageContaining("not me")
                    .withMessageContaining(address);
            assertThat(client.ask(address, ShardCalls.OPEN, ShardCalls.shard(1), LIMIT))
                    .failsWithin(LIMIT)
                    .withThrowableThat()
                    .withMessageContaining("not led here: shard=1");
        }
    }

    @Test
    void aBrokerThatIsNotThereFailsTheCallWithItsAddress() {
        try (PeerClient client = new PeerClient()) {
            assertThat(client.ask("127.0.0.1:1", "hello", new byte[0], Duration.ofSeconds(2)))
                    .failsWithin(LIMIT)
                    .withThrowableThat()
                    .withMessageContaining("127.0.0.1:1");
        }
    }
}
