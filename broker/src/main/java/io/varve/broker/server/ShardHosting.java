// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.broker.metadata.BrokerIdentity;
import io.varve.broker.metadata.ClusterMetadata;
import io.varve.broker.raft.RaftMember;
import io.varve.manifest.ShardId;
import io.varve.manifest.metadata.ShardRow;
import io.varve.manifest.metadata.ShardRow.Replica;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.Node;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.metadata.BrokerRegistration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes this broker carry the shards that the metadata places on it. A shard that nobody has led
/// yet begins with all of its replicas as members, the same list on each; one that was led is
/// joined: its leader takes this replica in. Owner: one thread.
final class ShardHosting {
    private static final Logger LOG = LoggerFactory.getLogger(ShardHosting.class);

    private final DirectoryIdentity identity;
    private final ClusterMetadata metadata;
    private final ShardSet shards;
    private final Opener opener;

    /// Opens a shard here, with all that runs beside it.
    @FunctionalInterface
    interface Opener {
        void open(ShardId id, ShardFolders.Origin origin) throws IOException;
    }

    ShardHosting(
            DirectoryIdentity identity, ClusterMetadata metadata, ShardSet shards, Opener opener) {
        this.identity = identity;
        this.metadata = metadata;
        this.shards = shards;
        this.opener = opener;
    }

    /// Opens what is missing. What fails is tried again by the next call.
    ///
    /// @return whether every shard that the metadata places here is here
    boolean host() {
        boolean all = true;
        MetadataImage image = metadata.image();
        for (ShardRow row : metadata.shards().rows().values()) {
            Optional<Replica> mine =
                    row.replica(identity.nodeId())
                            .filter(replica -> replica.peerBits().equals(identity.peerUuid()));
            if (mine.isEmpty() || started(row)) {
                continue;
            }
            ShardId id = new ShardId(identity.generation(), row.number(), row.incarnation());
            try {
                all &= host(id, row, image);
            } catch (IOException | RuntimeException e) {
                LOG.warn("shard cannot be opened yet: shard={}", id, e);
                all = false;
            }
        }
        return all;
    }

    private boolean started(ShardRow row) {
        ShardSet.Opened opened = shards.shards().get(row.number());
        return opened != null && opened.started().get();
    }

    private boolean host(ShardId id, ShardRow row, MetadataImage image) throws IOException {
        Optional<List<RaftMember>> members =
                row.led() ? Optional.of(List.of()) : members(image, row.replicas());
        if (members.isEmpty()) {
            return false; // a replica is not registered as the row names it
        }
        if (!shards.shards().containsKey(row.number())) {
            opener.open(id, row.led() ? ShardFolders.Origin.JOINED : ShardFolders.Origin.BORN);
        }
        shards.start(id, members.get());
        return true;
    }

    /// The replicas as members of a Raft group; empty while one of them is not registered with the
    /// directory that is named.
    static Optional<List<RaftMember>> members(MetadataImage image, List<Replica> replicas) {
        List<RaftMember> members = new ArrayList<>();
        for (Replica replica : replicas) {
            BrokerRegistration broker = image.cluster().broker(replica.nodeId());
            Optional<RaftMember> member = broker == null ? Optional.empty() : member(broker);
            if (member.isEmpty()
                    || !member.get()
                            .name()
                            .equals(
                                    DirectoryIdentity.peerName(
                                            replica.nodeId(), replica.peerBits()))) {
                return Optional.empty();
            }
            members.add(member.get());
        }
        return Optional.of(members);
    }

    /// A registered broker as a member of a group.
    static Optional<RaftMember> member(BrokerRegistration broker) {
        Optional<Node> address = broker.node(BrokerIdentity.RAFT_LISTENER);
        return address.isEmpty() || broker.directories().isEmpty()
                ? Optional.empty()
                : Optional.of(
                        new RaftMember(
                                DirectoryIdentity.peerName(
                                        broker.id(), broker.directories().getFirst()),
                                address.get().host(),
                                address.get().port()));
    }
}
