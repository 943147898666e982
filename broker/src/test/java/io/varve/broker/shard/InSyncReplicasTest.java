// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.broker.raft.RaftGroupHandle.Follower;
import io.varve.broker.raft.RaftPeerName;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Who counts as keeping up.
class InSyncReplicasTest {
    private static final Duration LAG_MAX = Duration.ofSeconds(10);
    private final InSyncReplicas inSync = new InSyncReplicas(LAG_MAX);

    @Test
    void aFollowerBehindWhatWasCommittedTheWholeLagAgoIsOut() {
        assertThat(look(0, 100, follower(2, 0, 100), follower(3, 0, 40))).containsExactly(2, 3);
        assertThat(look(9, 200, follower(2, 0, 200), follower(3, 0, 40))).containsExactly(2, 3);
        assertThat(look(10, 300, follower(2, 0, 200), follower(3, 0, 40))).containsExactly(2);
        assertThat(look(11, 300, follower(2, 0, 200), follower(3, 0, 120))).containsExactly(2, 3);
    }

    @Test
    void aSilentFollowerIsOutWhateverItKnew() {
        assertThat(look(0, 100, follower(2, 10_001, 100), follower(3, 10_000, 100)))
                .containsExactly(3);
    }

    @Test
    void aNewLeadershipGivesEverybodyTheWholeLag() {
        look(0, 100, follower(2, 0, 0));
        assertThat(look(20, 100, follower(2, 0, 0))).isEmpty();

        assertThat(inSync.look(2, seconds(21), 100, List.of(follower(2, 0, 0)))).containsExactly(2);
    }

    private List<Integer> look(int second, long commit, Follower... followers) {
        return inSync.look(1, seconds(second), commit, List.of(followers));
    }

    private static long seconds(int second) {
        return Duration.ofSeconds(second).toNanos();
    }

    private static Follower follower(int node, long silentMs, long commitIndex) {
        return new Follower(new RaftPeerName(node, "0".repeat(32)), silentMs, commitIndex);
    }
}
