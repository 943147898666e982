// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.raft;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.statemachine.impl.FileListSnapshotInfo;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;

/// Ratis's view of a [ReplicatedLog]: translates its callbacks, and turns every failure that Ratis
/// would survive in a state that cannot be trusted into a stop of the process.
///
/// A frame without record batches is given one zero byte as its data, because Ratis calls `write`
/// for entries with data only, and the shard log holds every frame. No record batch is one byte
/// long.
///
/// Owner: Ratis; its callbacks come from many threads, as each method of [ReplicatedLog] says.
final class DivisionStateMachine extends BaseStateMachine {
    private static final ByteString NO_BODY = UnsafeByteOperations.unsafeWrap(new byte[1]);

    private final ReplicatedLog log;
    private final FatalHandler fatal;

    /// Set before the owner closes the group: only then does Ratis close the state machine with
    /// right.
    private volatile boolean closing;

    /// After a fatal error nothing is applied any more: what the process does until it stops must
    /// not be seen.
    private volatile boolean failed;

    DivisionStateMachine(ReplicatedLog log, FatalHandler fatal) {
        this.log = log;
        this.fatal = fatal;
    }

    void closing() {
        closing = true;
    }

    boolean failed() {
        return failed;
    }

    @Override
    public void initialize(RaftServer server, RaftGroupId groupId, RaftStorage storage)
            throws IOException {
        super.initialize(server, groupId, storage);
        getLifeCycle()
                .startAndTransition(
                        () -> setLastAppliedTermIndex(snapshotPosition()), IOException.class);
    }

    private TermIndex snapshotPosition() {
        return log.snapshot()
                .map(position -> TermIndex.valueOf(position.term(), position.index()))
                .orElse(TermIndex.INITIAL_VALUE);
    }

    @Override
    @SuppressWarnings("NullAway") // Ratis's contract: null means that there is none
    public @Nullable SnapshotInfo getLatestSnapshot() {
        return log.snapshot()
                .map(position ->
                        new FileListSnapshotInfo(
                                List.of(), TermIndex.valueOf(position.term(), position.index())))
                .orElse(null);
    }

    @Override
    public TransactionContext startTransaction(RaftClientRequest request) {
        // Must not throw, and assigns nothing: a failure from here on costs the leadership and
        // leaks a permit.
        FrameMessage message = (FrameMessage) request.getMessage();
        return TransactionContext.newBuilder()
                .setStateMachine(this)
                .setClientRequest(request)
                .setServerRole(RaftPeerRole.LEADER)
                .setLogData(message.table())
                .setStateMachineData(message.body().isEmpty() ? NO_BODY : message.body())
                .setStateMachineContext(message)
                .build();
    }

    @Override
    public CompletableFuture<?> write(LogEntryProto entry, @Nullable TransactionContext context) {
        if (context != null && context.getStateMachineContext() instanceof FrameMessage message) {
            message.logged(entry.getTerm(), entry.getIndex());
        }
        ByteString data =
                entry.getStateMachineLogEntry().getStateMachineEntry().getStateMachineData();
        ByteBuffer body = data.size() == 1 ? ByteBuffer.allocate(0) : data.asReadOnlyByteBuffer();
        try {
            return watched(
                    log.write(entry.getTerm(), entry.getIndex(), table(entry), body),
                    "write of a frame failed: term="
                            + entry.getTerm()
                            + ", index="
                            + entry.getIndex());
        } catch (RuntimeException e) {
            fail(
                    "write of a frame failed: term="
                            + entry.getTerm()
                            + ", index="
                            + entry.getIndex(),
                    e);
            return CompletableFuture.failedFuture(e);
        }
    }

    @Override
    public CompletableFuture<Void> flush(long index) {
        try {
            return watched(log.flush(index), "flush of the shard log failed: index=" + index);
        } catch (RuntimeException e) {
            fail("flush of the shard log failed: index=" + index, e);
            return CompletableFuture.failedFuture(e);
        }
    }

    private <T> CompletableFuture<T> watched(CompletableFuture<T> future, String fact) {
        return future.whenComplete((done, error) -> {
            if (error != null) {
                fail(fact, error);
            }
        });
    }

    @Override
    public CompletableFuture<ByteString> read(
            LogEntryProto entry, @Nullable TransactionContext context) {
        if (context != null) {
            ByteString pending =
                    context.getStateMachineLogEntry().getStateMachineEntry().getStateMachineData();
            if (!pending.isEmpty()) {
                return CompletableFuture.completedFuture(pending);
            }
        }
        return log.read(entry.getTerm(), entry.getIndex())
                .thenApply(body ->
                        body.hasRemaining() ? UnsafeByteOperations.unsafeWrap(body) : NO_BODY);
    }

    /// `index` is the first entry to drop (the Javadoc of Ratis says the last one kept). Nothing
    /// changes on disk: the Raft entry's (term, index) decides which frame is valid, and Raft's own
    /// log is not cut yet when this is called.
    @Override
    public CompletableFuture<Void> truncate(long index) {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
        LogEntryProto entry = transaction.getLogEntry();
        if (failed) {
            return new CompletableFuture<>();
        }
        try {
            log.apply(entry.getTerm(), entry.getIndex(), table(entry));
        } catch (Throwable e) {
            fail("apply failed: term=" + entry.getTerm() + ", index=" + entry.getIndex(), e);
            return new CompletableFuture<>();
        }
        updateLastAppliedTermIndex(entry.getTerm(), entry.getIndex());
        return CompletableFuture.completedFuture(Message.EMPTY);
    }

    private static ByteBuffer table(LogEntryProto entry) {
        return entry.getStateMachineLogEntry().getLogData().asReadOnlyByteBuffer();
    }

    @Override
    public void notifyTermIndexUpdated(long term, long index) {
        try {
            log.applyOther(term, index);
        } catch (Throwable e) {
            fail("apply failed: term=" + term + ", index=" + index, e);
        }
        updateLastAppliedTermIndex(term, index);
    }

    /// During an install this comes out of order and with term 0: the index is not applied here but
    /// in [#notifyTermIndexUpdated].
    @Override
    public void notifyConfigurationChanged(
            long term, long index, RaftConfigurationProto configuration) {
        log.leadershipMayHaveChanged();
    }

    @Override
    public void notifyLeaderChanged(RaftGroupMemberId member, RaftPeerId leader) {
        log.leadershipMayHaveChanged();
    }

    @Override
    public void notifyLeaderReady() {
        log.leadershipMayHaveChanged();
    }

    @Override
    public void notifyNotLeader(Collection<TransactionContext> pending) {
        log.leadershipMayHaveChanged();
    }

    /// A failed write or flush of ours or of Ratis's own log: the division would stay a ready
    /// leader that commits nothing.
    @Override
    public void notifyLogFailed(Throwable cause, @Nullable LogEntryProto entry) {
        if (isReadFailure(cause)) {
            return;
        }
        fail(
                "raft log failed"
                        + (entry == null
                                ? ""
                                : ": term=" + entry.getTerm() + ", index=" + entry.getIndex()),
                cause);
    }

    private static boolean isReadFailure(@Nullable Throwable cause) {
        for (Throwable at = cause; at != null; at = at.getCause()) {
            if (at instanceof FrameReadException) {
                return true;
            }
        }
        return false;
    }

    @Override
    public CompletableFuture<TermIndex> notifyInstallSnapshotFromLeader(
            RoleInfoProto role, TermIndex first) {
        if (first.getIndex() <= getLastAppliedTermIndex().getIndex() + 1) {
            return CompletableFuture.completedFuture(
                    null); // the leader's log reaches far enough back: it sends that
        }
        return log.installCheckpoint(first.getIndex())
                .thenApply(position -> TermIndex.valueOf(position.term(), position.index()));
    }

    @Override
    public void pause() {
        getLifeCycle().transition(LifeCycle.State.PAUSING);
        getLifeCycle().transition(LifeCycle.State.PAUSED);
    }

    @Override
    public void reinitialize() {
        log.restartFromSnapshot();
        setLastAppliedTermIndex(snapshotPosition());
        if (getLifeCycleState() == LifeCycle.State.PAUSED) {
            getLifeCycle().transition(LifeCycle.State.STARTING);
            getLifeCycle().transition(LifeCycle.State.RUNNING);
        }
    }

    /// Called by Ratis when the division closes, which it may also do alone, on an error inside it.
    @Override
    public void close() {
        if (!closing) {
            fail("raft group closed by itself", new IllegalStateException("group " + getGroupId()));
        }
    }

    private void fail(String fact, Throwable cause) {
        failed = true;
        fatal.fatal(fact + ", group=" + getGroupId(), cause);
    }
}
