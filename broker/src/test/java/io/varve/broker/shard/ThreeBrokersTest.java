// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import static io.varve.broker.shard.ShardBroker.P0;
import static io.varve.broker.shard.ShardBroker.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.broker.raft.RaftMember;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Three brokers in one process: leader change, and a tail that was never committed.
class ThreeBrokersTest {
    @TempDir Path directory;

    private final List<MemoryFrameLog> logs =
            List.of(new MemoryFrameLog(), new MemoryFrameLog(), new MemoryFrameLog());
    private final List<ShardBroker> brokers = new ArrayList<>();
    private final List<RaftMember> members = new ArrayList<>();

    @AfterEach
    void stop() throws IOException {
        for (ShardBroker broker : brokers) {
            if (broker.node != null) {
                broker.close();
            }
        }
    }

    @Test
    void aTailThatWasNeverCommittedIsReplacedOnEveryBrokerAndItsFramesStayOnDiskUnread()
            throws Exception {
        int old = startThree();
        for (int i = 0; i < 5; i++) {
            get(brokers.get(old).append(P0, TestBatches.plain(1)).done());
        }

        // The leader alone: what it appends goes to its own disk and never commits.
        int second = (old + 1) % 3;
        int third = (old + 2) % 3;
        stop(second);
        stop(third);
        AppendTicket lost = brokers.get(old).append(P0, TestBatches.plain(3));
        get(lost.assigned());
        Awaitility.await()
                .atMost(20, TimeUnit.SECONDS)
                .until(() -> logs.get(old).appends.get() >= 7);
        assertThat(lost.done().isDone() && get(lost.done()) instanceof AppendOutcome.Appended)
                .isFalse();
        Awaitility.await()
                .atMost(20, TimeUnit.SECONDS)
                .until(() -> !brokers.get(old).shard.leadsForSure());
        stop(old);
        assertThat(get(lost.done())).isInstanceOf(AppendOutcome.Refused.class);

        restart(second);
        restart(third);
        int next = leader(second, third);
        AppendTicket kept = brokers.get(next).append(P0, TestBatches.plain(2));
        assertThat(get(kept.done()))
                .isInstanceOfSatisfying(
                        AppendOutcome.Appended.class,
                        appended -> {
                            assertThat(appended.baseOffset()).isEqualTo(5);
                            assertThat(appended.endOffset()).isEqualTo(7);
                        });

        restart(old);
        for (ShardBroker broker : brokers) {
            awaitHighWatermark(broker, 7);
            assertThat(broker.fatal.facts).isEmpty();
            assertThat(broker.shard.partition(P0).orElseThrow().epochs())
                    .isEqualTo(brokers.get(next).shard.partition(P0).orElseThrow().epochs());
        }
        // truncate left the disk alone: the dead frame and the one that replaced it have one index
        // and two terms.
        assertThat(
                        logs.get(old).written.keySet().stream()
                                .map(MemoryFrameLog.Key::index)
                                .distinct()
                                .count())
                .isLessThanOrEqualTo(logs.get(old).written.size());
        assertThat(logs.get(old).written.size()).isGreaterThan(logs.get(next).committed.size());
    }

    @Test
    void aFollowerWhoseDiskIsFullTakesNothingMoreTheOthersGoOnAndItCatchesUp() throws Exception {
        int leader = startThree();
        ShardBroker full = brokers.get((leader + 1) % 3);
        get(brokers.get(leader).append(P0, TestBatches.plain(1)).done());
        awaitHighWatermark(full, 1);

        full.diskFull.set(true);
        int written = logs.get((leader + 1) % 3).appends.get();
        for (int i = 0; i < 5; i++) {
            assertThat(get(brokers.get(leader).append(P0, TestBatches.plain(1)).done()))
                    .isInstanceOf(AppendOutcome.Appended.class);
        }
        awaitHighWatermark(brokers.get((leader + 2) % 3), 6);
        assertThat(logs.get((leader + 1) % 3).appends.get()).isEqualTo(written);

        full.diskFull.set(false);
        awaitHighWatermark(full, 6);
        assertThat(full.fatal.facts).isEmpty();

        // it stops in time with a frame that waits
        full.diskFull.set(true);
        get(brokers.get(leader).append(P0, TestBatches.plain(1)).done());
    }

    /// As Ratis leaves them when the disk has no byte left at an election.
    @Test
    void aReplicaWhoseTermVoteAndMembersAFullDiskEmptiedStartsAgainInALaterTerm() throws Exception {
        int leader = startThree();
        int emptied = (leader + 1) % 3;
        get(brokers.get(leader).append(P0, TestBatches.plain(1)).done());
        awaitHighWatermark(brokers.get(emptied), 1);
        long term = term(leader);
        stop(emptied);
        get(brokers.get(leader).append(P0, TestBatches.plain(1)).done());
        List<Path> files;
        try (Stream<Path> tree = Files.walk(brokers.get(emptied).directory.resolve("raft"))) {
            files =
                    tree.filter(file -> file.getFileName().toString().matches("raft-meta.*"))
                            .toList();
        }
        assertThat(files).hasSize(2);
        for (Path file : files) {
            Files.write(file, new byte[0]);
        }

        restart(emptied);
        awaitHighWatermark(brokers.get(emptied), 2);
        Awaitility.await().atMost(30, TimeUnit.SECONDS).until(() -> term(leader(0, 1, 2)) > term);
        get(brokers.get(leader(0, 1, 2)).append(P0, TestBatches.plain(1)).done());
        for (ShardBroker broker : brokers) {
            awaitHighWatermark(broker, 3);
            assertThat(broker.fatal.facts).isEmpty();
        }
    }

    /// @return who leads
    private int startThree() throws Exception {
        for (int i = 0; i < 3; i++) {
            brokers.add(broker(i));
            brokers.get(i).start(0);
            members.add(brokers.get(i).node.self());
        }
        for (ShardBroker broker : brokers) {
            broker.join(members);
        }
        int leader = leader(0, 1, 2);
        brokers.get(leader).open(P0);
        return leader;
    }

    private static void awaitHighWatermark(ShardBroker broker, long expected) {
        Awaitility.await()
                .atMost(20, TimeUnit.SECONDS)
                .until(() ->
                        broker.shard
                                .partition(P0)
                                .map(partition -> partition.highWatermark() == expected)
                                .orElse(false));
    }

    private ShardBroker broker(int i) {
        return new ShardBroker(
                directory.resolve("n" + i),
                i + 1,
                ShardBroker.SHARD,
                logs.get(i),
                new ConcurrentHashMap<>(),
                ShardLimits.DEFAULT);
    }

    private void stop(int i) throws IOException {
        brokers.get(i).close();
    }

    private void restart(int i) throws IOException {
        ShardBroker again = broker(i);
        again.start(members.get(i).port());
        again.join(members);
        brokers.set(i, again);
    }

    private long term(int leader) {
        return brokers.get(leader).shard.leadership().readyTerm().orElse(0);
    }

    private int leader(int... of) {
        return Awaitility.await()
                .atMost(30, TimeUnit.SECONDS)
                .until(
                        () -> {
                            for (int i : of) {
                                if (brokers.get(i).shard.leadership() instanceof Leadership.Ready) {
                                    return i;
                                }
                            }
                            return -1;
                        },
                        found -> found >= 0);
    }
}
