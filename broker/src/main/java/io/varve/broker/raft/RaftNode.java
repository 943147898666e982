// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.raft;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.grpc.server.GrpcServices;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.GroupManagementRequest;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.StateMachine;
import org.jspecify.annotations.Nullable;

/// This broker's Raft server: one port, many groups.
///
/// Order of use: [#register] every shard that the data directory holds, [#start], then [#group] for
/// each shard, which opens the group or creates it. Thread-safe.
public final class RaftNode implements AutoCloseable {
    private final RaftSettings settings;
    private final FatalHandler fatal;
    private final Map<RaftGroupId, DivisionStateMachine> machines = new ConcurrentHashMap<>();
    private volatile @Nullable RaftServer server;
    private final ClientId clientId = ClientId.randomId();
    private final AtomicLong callIds = new AtomicLong();
    private final AtomicBoolean closed = new AtomicBoolean();

    private RaftNode(RaftSettings settings, FatalHandler fatal) {
        this.settings = settings;
        this.fatal = fatal;
    }

    /// A server that is not started yet: it has read nothing and listens nowhere.
    public static RaftNode create(RaftSettings settings, FatalHandler fatal) {
        return new RaftNode(settings, fatal);
    }

    private StateMachine machineOf(RaftGroupId group) {
        DivisionStateMachine machine = machines.get(group);
        if (machine == null) {
            throw new IllegalStateException(
                    "raft group on disk that no shard owns: group="
                            + group
                            + ", directory="
                            + settings.directory());
        }
        return machine;
    }

    /// Says who carries a group, before the group is opened.
    public void register(UUID group, ReplicatedLog log) {
        if (machines.putIfAbsent(RaftGroupId.valueOf(group), new DivisionStateMachine(log, fatal))
                != null) {
            throw new IllegalStateException("raft group registered twice: group=" + group);
        }
    }

    /// Listens, and opens every group that the directory holds.
    ///
    /// @throws IOException the port is taken, or a group's files are damaged
    public void start() throws IOException {
        start(Map.of());
    }

    /// @param handlers what other brokers may ask this one over the same listener, by name
    public void start(Map<String, PeerHandler> handlers) throws IOException {
        EmptiedFiles.mend(settings);
        // Built here and not before: building already opens the groups that the directory holds.
        RaftServer built =
                RaftServer.newBuilder()
                        .setServerId(RaftPeerId.valueOf(settings.self().toString()))
                        .setProperties(RatisProperties.of(settings))
                        .setParameters(parameters(handlers))
                        .setOption(RaftStorage.StartupOption.RECOVER)
                        .setStateMachineRegistry(this::machineOf)
                        .build();
        server = built;
        built.start();
    }

    private static Parameters parameters(Map<String, PeerHandler> handlers) {
        Parameters parameters = new Parameters();
        if (!handlers.isEmpty()) {
            GrpcConfigKeys.Server.setServicesCustomizer(
                    parameters,
                    (builder, types) ->
                            types.contains(GrpcServices.Type.SERVER)
                                    ? builder.addService(PeerCalls.service(handlers))
                                    : builder);
        }
        return parameters;
    }

    private RaftServer started() {
        RaftServer started = server;
        if (started == null) {
            throw new IllegalStateException("raft node is not started: peer=" + settings.self());
        }
        return started;
    }

    /// Where others reach this server, with the port that it really has.
    public RaftMember self() {
        int bound = started().getServerRpc().getInetSocketAddress().getPort();
        return new RaftMember(
                settings.self(),
                settings.advertisedHost(),
                settings.advertisedPort() == 0 ? bound : settings.advertisedPort());
    }

    /// Whether somebody carries a group here.
    public boolean registered(UUID group) {
        return machines.containsKey(RaftGroupId.valueOf(group));
    }

    /// Whether the directory holds a registered group, once the node is started.
    public boolean holds(UUID group) {
        return holds(started(), RaftGroupId.valueOf(group));
    }

    /// Opens a registered group, or creates it with these members when the directory does not hold
    /// it.
    ///
    /// @param members who makes up a new group, the same list on each of them; empty to join a
    ///   group that exists: its leader then takes this peer in
    public RaftGroupHandle group(UUID group, List<RaftMember> members) throws IOException {
        RaftGroupId id = RaftGroupId.valueOf(group);
        DivisionStateMachine machine = (DivisionStateMachine) machineOf(id);
        RaftServer running = started();
        if (!holds(running, id)) {
            List<RaftPeer> peers = members.stream().map(Peers::of).toList();
            RaftClientReply reply =
                    running.groupManagement(
                            GroupManagementRequest.newAdd(
                                    clientId,
                                    running.getId(),
                                    callIds.incrementAndGet(),
                                    RaftGroup.valueOf(id, peers),
                                    true));
            if (!reply.isSuccess()) {
                throw new IOException(
                        "raft group was not created: group=" + group, reply.getException());
            }
        }
        return new RaftGroupHandle(running, running.getDivision(id), machine, clientId, callIds);
    }

    private static boolean holds(RaftServer server, RaftGroupId id) {
        for (RaftGroupId held : server.getGroupIds()) {
            if (held.equals(id)) {
                return true;
            }
        }
        return false;
    }

    /// Stops every group after what is committed here is applied. Idempotent.
    @Override
    public void close() throws IOException {
        if (closed.compareAndSet(false, true)) {
            machines.values().forEach(DivisionStateMachine::closing);
            RaftServer running = server;
            if (running != null) {
                running.close();
            }
        }
    }
}
