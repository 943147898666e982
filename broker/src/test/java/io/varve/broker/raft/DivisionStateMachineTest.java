// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.ratis.server.protocol.TermIndex;
import org.junit.jupiter.api.Test;

/// Which of Ratis's calls stop the process.
class DivisionStateMachineTest {
    private final List<String> fatals = new ArrayList<>();
    private final SilentLog log = new SilentLog();
    private final DivisionStateMachine machine =
            new DivisionStateMachine(log, (fact, cause) -> fatals.add(fact));

    @Test
    void aFailedReadDoesNotStopTheProcessAndAFailedLogDoes() {
        machine.notifyLogFailed(
                new CompletionException(new FrameReadException("gone", new IOException("no file"))),
                null);
        assertThat(fatals).isEmpty();

        machine.notifyLogFailed(new IOException("raft log: no space left"), null);
        assertThat(fatals).singleElement().asString().contains("raft log failed");
    }

    @Test
    void aGroupThatClosesByItselfStopsTheProcess() {
        machine.close();
        assertThat(fatals).singleElement().asString().contains("closed by itself");

        DivisionStateMachine closed =
                new DivisionStateMachine(log, (fact, cause) -> fatals.add(fact));
        closed.closing();
        closed.close();
        assertThat(fatals).hasSize(1);
    }

    @Test
    void entriesWithoutDataAdvanceWhatIsApplied() {
        machine.notifyTermIndexUpdated(3, 17);

        assertThat(machine.getLastAppliedTermIndex()).isEqualTo(TermIndex.valueOf(3, 17));
        assertThat(log.others).containsExactly("3/17");
    }

    @Test
    void theFloorIsShownAsSnapshotAndNoneBeforeThereIsOne() {
        assertThat(machine.getLatestSnapshot()).isNull();

        log.floor = Optional.of(new LogPosition(2, 40));
        assertThat(machine.getLatestSnapshot().getTermIndex()).isEqualTo(TermIndex.valueOf(2, 40));
    }

    @Test
    void aLeaderWhoseLogReachesFarEnoughBackSendsThat() {
        machine.notifyTermIndexUpdated(1, 9);

        assertThat(machine.notifyInstallSnapshotFromLeader(null, TermIndex.valueOf(1, 10)))
                .isCompletedWithValue(null);
        assertThat(machine.notifyInstallSnapshotFromLeader(null, TermIndex.valueOf(1, 11)))
                .as("pending until there is a checkpoint")
                .isNotDone();
    }

    private static final class SilentLog implements ReplicatedLog {
        private Optional<LogPosition> floor = Optional.empty();
        private final List<String> others = new ArrayList<>();

        @Override
        public Optional<LogPosition> snapshot() {
            return floor;
        }

        @Override
        public CompletableFuture<Void> write(
                long term, long index, ByteBuffer table, ByteBuffer body) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<Void> flush(long index) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<ByteBuffer> read(long term, long index) {
            return CompletableFuture.completedFuture(ByteBuffer.allocate(0));
        }

        @Override
        public void apply(long term, long index, ByteBuffer table) {}

        @Override
        public void applyOther(long term, long index) {
            others.add(term + "/" + index);
        }

        @Override
        public void leadershipMayHaveChanged() {}

        @Override
        public CompletableFuture<LogPosition> installCheckpoint(long firstIndex) {
            return new CompletableFuture<>();
        }

        @Override
        public void restartFromSnapshot() {}
    }
}
