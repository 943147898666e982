// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.raft;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.proto.RaftProtos.CommitInfoProto;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.proto.RaftProtos.ServerRpcProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientAsynchronousProtocol;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;

/// One Raft group on this broker. Thread-safe, except that [#submit] belongs to one thread: its
/// call order is the log's order.
public final class RaftGroupHandle {
    private static final long STEP_DOWN_TIMEOUT_MS = 3_000;

    private final RaftServer server;
    private final RaftServer.Division division;
    private final RaftGroupId groupId;
    private final DivisionStateMachine machine;
    private final ClientId clientId;
    private final AtomicLong callIds;

    RaftGroupHandle(
            RaftServer server,
            RaftServer.Division division,
            DivisionStateMachine machine,
            ClientId clientId,
            AtomicLong callIds) {
        this.server = server;
        this.division = division;
        this.groupId = division.getMemberId().getGroupId();
        this.machine = machine;
        this.clientId = clientId;
        this.callIds = callIds;
    }

    /// Appends a frame to the leader's log and starts replicating it. Neither buffer is copied:
    /// they must not change any more. Table and body together must fit [RaftSettings#entryBytesMax]
    /// with 4 KiB to spare, else Ratis steps down.
    public SubmitOutcome submit(ByteBuffer table, ByteBuffer body) {
        if (machine.failed()) {
            return new SubmitOutcome.Refused("raft log failed, the process is stopping");
        }
        FrameMessage message = new FrameMessage(wrap(table), wrap(body));
        CompletableFuture<RaftClientReply> reply;
        try {
            reply =
                    ((RaftClientAsynchronousProtocol) division)
                            .submitClientRequestAsync(request(message));
        } catch (IOException | RuntimeException e) {
            reply = CompletableFuture.failedFuture(e);
        }
        LogPosition position = message.position();
        if (position == null) {
            return new SubmitOutcome.Refused(reasonOf(reply));
        }
        return new SubmitOutcome.Logged(position, reply.handle(RaftGroupHandle::endOf));
    }

    private static ByteString wrap(ByteBuffer buffer) {
        return buffer.hasRemaining() ? UnsafeByteOperations.unsafeWrap(buffer) : ByteString.EMPTY;
    }

    private RaftClientRequest request(FrameMessage message) {
        return RaftClientRequest.newBuilder()
                .setClientId(clientId)
                .setServerId(server.getId())
                .setGroupId(groupId)
                .setCallId(callIds.incrementAndGet())
                .setType(RaftClientRequest.writeRequestType())
                .setMessage(message)
                .build();
    }

    /// A refusal is known at once; a reply that is still open without a position cannot be, and
    /// would be a bug of Ratis.
    private static String reasonOf(CompletableFuture<RaftClientReply> reply) {
        if (!reply.isDone()) {
            return "raft neither logged nor refused the frame";
        }
        return reply.handle((answer, error) ->
                        error != null ? error.toString() : String.valueOf(answer.getException()))
                .join();
    }

    private static SubmitOutcome.End endOf(RaftClientReply reply, Throwable error) {
        if (error != null) {
            return new SubmitOutcome.Lost(error.toString());
        }
        return reply.isSuccess()
                ? new SubmitOutcome.Applied()
                : new SubmitOutcome.Lost(String.valueOf(reply.getException()));
    }

    /// This broker's part in the group now.
    public RaftRole role() {
        DivisionInfo info = division.getInfo();
        while (true) {
            long term = info.getCurrentTerm();
            boolean leader = info.isLeader();
            boolean ready = info.isLeaderReady();
            RaftPeerId peer = info.getLeaderId();
            if (term == info.getCurrentTerm()) {
                return new RaftRole(
                        term,
                        leader,
                        leader && ready,
                        Optional.ofNullable(peer).map(RaftPeerId::toString));
            }
        }
    }

    /// Whether a ready leader here heard a majority of its group within `limit`. Ratis itself does
    /// not tell a leader that is cut off while writes keep it busy.
    public boolean heardMajorityWithin(Duration limit) {
        if (!role().ready()) {
            return false;
        }
        RoleInfoProto role = division.getInfo().getRoleInfoProto();
        int followers = role.getLeaderInfo().getFollowerInfoCount();
        long heard =
                role.getLeaderInfo().getFollowerInfoList().stream()
                        .mapToLong(ServerRpcProto::getLastRpcElapsedTimeMs)
                        .filter(elapsedMs -> elapsedMs <= limit.toMillis())
                        .count();
        return (heard + 1) * 2 > followers + 1;
    }

    /// Who carries the group, as this peer knows it.
    public List<RaftMember> members() {
        return division.getRaftConf().getCurrentPeers().stream().map(Peers::member).toList();
    }

    /// Makes these the members; for the leader. Nothing happens when the members of now are not
    /// `expected`.
    ///
    /// @return fails when it was refused or is not known to have come about: look again
    public CompletableFuture<Void> changeMembers(List<RaftMember> expected, List<RaftMember> next) {
        try {
            return server.setConfigurationAsync(
                            new SetConfigurationRequest(
                                    clientId,
                                    server.getId(),
                                    groupId,
                                    callIds.incrementAndGet(),
                                    SetConfigurationRequest.Arguments.newBuilder()
                                            .setMode(SetConfigurationRequest.Mode.COMPARE_AND_SET)
                                            .setServersInCurrentConf(Peers.of(expected))
                                            .setServersInNewConf(Peers.of(next))
                                            .build()))
                    .thenApply(RaftGroupHandle::succeeded);
        } catch (IOException | RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /// Hands leadership to a member that has the whole log; for the leader.
    ///
    /// @return fails when the other did not take over in time
    public CompletableFuture<Void> transferTo(RaftPeerName next, Duration limit) {
        try {
            return server.transferLeadershipAsync(
                            new TransferLeadershipRequest(
                                    clientId,
                                    server.getId(),
                                    groupId,
                                    callIds.incrementAndGet(),
                                    RaftPeerId.valueOf(next.toString()),
                                    limit.toMillis()))
                    .thenApply(RaftGroupHandle::succeeded);
        } catch (IOException | RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    @SuppressWarnings("NullAway") // the only value of Void
    private static Void succeeded(RaftClientReply reply) {
        if (!reply.isSuccess()) {
            throw new CompletionException(reply.getException());
        }
        return null;
    }

    /// A follower as its leader sees it.
    ///
    /// @param silentMs since it answered last
    /// @param commitIndex as it said last
    public record Follower(RaftPeerName name, long silentMs, long commitIndex) {}

    /// The followers; nothing on a peer that does not lead.
    public List<Follower> followers() {
        Map<String, Long> commits = new HashMap<>();
        for (CommitInfoProto commit : division.getCommitInfos()) {
            commits.put(commit.getServer().getId().toStringUtf8(), commit.getCommitIndex());
        }
        return division.getInfo().getRoleInfoProto().getLeaderInfo().getFollowerInfoList().stream()
                .map(follower -> {
                    String name = follower.getId().getId().toStringUtf8();
                    return new Follower(
                            RaftPeerName.parse(name),
                            follower.getLastRpcElapsedTimeMs(),
                            commits.getOrDefault(name, -1L));
                })
                .toList();
    }

    /// Index of the newest committed entry, as this peer knows it.
    public long commitIndex() {
        return division.getRaftLog().getLastCommittedIndex();
    }

    /// First index that Raft's log still holds here.
    public long logStartIndex() {
        return division.getRaftLog().getStartIndex();
    }

    /// Term of an entry that Raft's log holds here.
    public OptionalLong termAt(long index) {
        TermIndex position = division.getRaftLog().getTermIndex(index);
        return position == null ? OptionalLong.empty() : OptionalLong.of(position.getTerm());
    }

    /// Lets go of log entries up to `index`, inclusive, as far as whole closed segments allow.
    /// Never above the shown snapshot.
    public CompletableFuture<Long> purge(long index) {
        return division.getRaftLog().purge(index);
    }

    /// Closes the segment that Raft's log writes to: [#purge] lets go of closed ones only.
    ///
    /// @return false when it holds nothing yet
    public boolean closeSegment() {
        return OpenSegment.close(division.getRaftLog());
    }

    /// Gives up leadership, if it is held. A group of one elects itself again, in a new term.
    public void stepDown() {
        try {
            var ignored =
                    server.transferLeadershipAsync(
                            new TransferLeadershipRequest(
                                    clientId,
                                    server.getId(),
                                    groupId,
                                    callIds.incrementAndGet(),
                                    null,
                                    STEP_DOWN_TIMEOUT_MS));
        } catch (IOException | RuntimeException e) {
            throw new IllegalStateException("cannot step down: group=" + groupId, e);
        }
    }

    /// Whether Ratis runs the group. A group that closed by itself has already told its
    /// [FatalHandler].
    public boolean alive() {
        return division.getInfo().isAlive() && !machine.failed();
    }
}
