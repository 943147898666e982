// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.archiver.StepResult;
import io.varve.broker.config.HostPort;
import io.varve.broker.metadata.ClusterMetadata;
import io.varve.broker.metadata.ShardReport;
import io.varve.broker.peers.ControllerLink;
import io.varve.broker.peers.ShardCalls;
import io.varve.broker.raft.PeerClient;
import io.varve.broker.raft.RaftGroupHandle;
import io.varve.broker.raft.RaftMember;
import io.varve.broker.raft.RaftPeerName;
import io.varve.broker.shard.InSyncReplicas;
import io.varve.broker.shard.Leadership;
import io.varve.broker.shard.LocalShard;
import io.varve.manifest.metadata.ShardRow;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.metadata.BrokerRegistration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What the leader of a shard does beside writing: counts who keeps up, tells the controller that
/// it leads, makes the Raft group's members what the metadata says, and gives leadership away: back
/// to the preferred replica, or, when the disk is full, to one that has room. Owner: one thread.
final class LeaderDuties {
    private static final Logger LOG = LoggerFactory.getLogger(LeaderDuties.class);
    private static final long LOOK_MS = 500;

    /// As often as Kafka's controller looks (`leader.imbalance.check.interval.seconds`): every move
    /// costs clients a moment.
    private static final Duration BALANCE_AFTER = Duration.ofMinutes(5);

    /// A new shard is led by whoever stood for election first, or by the next where votes were
    /// split. It goes to its preferred replica soon, or the quickest broker might lead every new
    /// shard for minutes. Each attempt that fails doubles the wait, up to the ordinary one.
    private static final Duration YOUNG_BALANCE_AFTER = Duration.ofSeconds(2);

    private static final long YOUNG_TERM_MAX = 4;

    /// From one attempt to find a replica with room to the next.
    private static final Duration ROOM_AGAIN = Duration.ofSeconds(2);

    private static final Duration TRANSFER_LIMIT = Duration.ofSeconds(2);
    private static final long FRESH_MS = 1_500;

    /// Kafka's bound of voters makes sense here too: more only slow down each other.
    private static final int METADATA_VOTERS_MAX = 5;

    private final int nodeId;
    private final ClusterMetadata metadata;
    private final ShardSet shards;
    private final ControllerLink controller;
    private final PeerClient peers;
    private final Duration lagMax;
    private final DiskPressure disk;
    private final LongSupplier nanos;
    private final Map<Integer, Led> led = new HashMap<>();

    /// One leadership of a shard.
    private static final class Led {
        final long term;
        final InSyncReplicas inSync;
        long balanceWaitNs;
        long balanceAtNs;
        long roomAtNs;
        CompletableFuture<?> changing = CompletableFuture.completedFuture(null);
        CompletableFuture<?> reporting = CompletableFuture.completedFuture(null);

        Led(long term, Duration lagMax, long nowNs) {
            this.term = term;
            this.inSync = new InSyncReplicas(lagMax);
            this.balanceWaitNs =
                    (term <= YOUNG_TERM_MAX ? YOUNG_BALANCE_AFTER : BALANCE_AFTER).toNanos();
            this.balanceAtNs = nowNs + balanceWaitNs;
            this.roomAtNs = nowNs;
        }
    }

    /// @param lagMax `replica.lag.time.max.ms`
    LeaderDuties(
            int nodeId,
            ClusterMetadata metadata,
            ShardSet shards,
            ControllerLink controller,
            PeerClient peers,
            Duration lagMax,
            DiskPressure disk,
            LongSupplier nanos) {
        this.nodeId = nodeId;
        this.metadata = metadata;
        this.shards = shards;
        this.controller = controller;
        this.peers = peers;
        this.lagMax = lagMax;
        this.disk = disk;
        this.nanos = nanos;
    }

    StepResult step() {
        for (ShardSet.Opened opened : shards.shards().values()) {
            LocalShard shard = opened.shard();
            int number = shard.id().shard();
            Optional<RaftGroupHandle> raft = shard.raft();
            if (raft.isPresent() && shard.leadership() instanceof Leadership.Ready(long term)) {
                Led now = led.get(number);
                if (now == null || now.term != term) {
                    now = new Led(term, lagMax, nanos.getAsLong());
                    led.put(number, now);
                }
                attend(shard, raft.get(), now);
            } else {
                led.remove(number);
            }
        }
        return new StepResult.Idle(LOOK_MS);
    }

    private void attend(LocalShard shard, RaftGroupHandle raft, Led now) {
        Optional<ShardRow> row = metadata.shards().row(shard.id().shard());
        List<RaftGroupHandle.Follower> followers = raft.followers();
        List<Integer> inSync =
                new ArrayList<>(
                        now.inSync.look(
                                now.term, nanos.getAsLong(), raft.commitIndex(), followers));
        inSync.add(nodeId);
        boolean alone = !shard.leadsForSure();
        shard.replicasSeen(inSync.size() + missing(row), alone);
        if (alone) {
            return;
        }
        row.ifPresent(known -> report(known, now, inSync));
        if (now.changing.isDone()) {
            follow(shard, raft, row, now);
        }
        if (now.changing.isDone() && row.isPresent()) {
            if (disk.full()) {
                leaveToRoom(shard, raft, now, inSync, followers);
            } else {
                balance(shard, raft, row.get(), now, followers);
            }
        }
    }

    /// Replicas that the cluster has no brokers for, as after a restore onto fewer: nobody waits
    /// for them.
    private int missing(Optional<ShardRow> row) {
        return row.map(known ->
                        Math.max(
                                0,
                                metadata.wantedReplicas(known.number()) - known.replicas().size()))
                .orElse(0);
    }

    private void report(ShardRow row, Led now, List<Integer> inSync) {
        List<Integer> isr = row.nodes().stream().filter(inSync::contains).toList();
        boolean known = row.leader() == nodeId && row.term() == now.term && row.isr().equals(isr);
        if (!known && now.reporting.isDone()) {
            now.reporting = controller.report(new ShardReport(row.number(), nodeId, now.term, isr));
        }
    }

    private void follow(LocalShard shard, RaftGroupHandle raft, Optional<ShardRow> row, Led now) {
        Optional<List<RaftMember>> wanted =
                shard.id().isMetadata()
                        ? Optional.of(voters(metadata.image()))
                        : row.flatMap(
                                known -> ShardHosting.members(metadata.image(), known.replicas()));
        List<RaftMember> members = raft.members();
        wanted.flatMap(to -> nextMembers(members, to))
                .ifPresent(next -> {
                    now.changing =
                            allRun(shard, members, next)
                                    .thenCompose(run ->
                                            run
                                                    ? change(shard, raft, members, next)
                                                    : CompletableFuture.completedFuture(false));
                });
    }

    private static CompletableFuture<Boolean> change(
            LocalShard shard,
            RaftGroupHandle raft,
            List<RaftMember> members,
            List<RaftMember> next) {
        LOG.info("members of a shard change: shard={}, from={}, to={}", shard.id(), members, next);
        return raft.changeMembers(members, next)
                .handle((done, error) -> {
                    if (error != null) {
                        LOG.warn(
                                "members of a shard did not change, tried again: shard={}, why={}",
                                shard.id(),
                                error.toString());
                    }
                    return error == null;
                });
    }

    private CompletableFuture<Boolean> allRun(
            LocalShard shard, List<RaftMember> members, List<RaftMember> next) {
        CompletableFuture<Boolean> all = CompletableFuture.completedFuture(true);
        for (RaftMember member : next) {
            boolean known = members.stream().anyMatch(old -> old.name().equals(member.name()));
            if (!known) {
                all =
                        all.thenCombine(
                                ShardCalls.runs(peers, addressOf(member), shard.id().shard()),
                                Boolean::logicalAnd);
            }
        }
        return all;
    }

    private static List<RaftMember> voters(MetadataImage image) {
        return image.cluster().brokers().values().stream()
                .sorted(Comparator.comparingInt(BrokerRegistration::id))
                .map(ShardHosting::member)
                .flatMap(Optional::stream)
                .limit(METADATA_VOTERS_MAX)
                .toList();
    }

    /// The next list on the way from one to the other, one member at a time: first a replaced
    /// directory or address, then who is new, then who leaves; this broker stays. Empty when they
    /// are the same.
    private Optional<List<RaftMember>> nextMembers(List<RaftMember> from, List<RaftMember> to) {
        for (RaftMember wanted : to) {
            if (from.contains(wanted)) {
                continue;
            }
            List<RaftMember> next = new ArrayList<>();
            from.stream()
                    .filter(member -> member.name().nodeId() != wanted.name().nodeId())
                    .forEach(next::add);
            next.add(wanted);
            return Optional.of(next);
        }
        for (RaftMember member : from) {
            if (!to.contains(member) && member.name().nodeId() != nodeId && !to.isEmpty()) {
                List<RaftMember> next = new ArrayList<>(from);
                next.remove(member);
                return Optional.of(next);
            }
        }
        return Optional.empty();
    }

    private void balance(
            LocalShard shard,
            RaftGroupHandle raft,
            ShardRow row,
            Led now,
            List<RaftGroupHandle.Follower> followers) {
        int preferred = row.replicas().getFirst().nodeId();
        BrokerRegistration broker = metadata.image().cluster().broker(preferred);
        if (preferred == nodeId
                || broker == null
                || broker.fenced()
                || !row.isr().contains(preferred)
                || nanos.getAsLong() - now.balanceAtNs < 0) {
            return;
        }
        now.balanceWaitNs = Math.min(2 * now.balanceWaitNs, BALANCE_AFTER.toNanos());
        now.balanceAtNs = nanos.getAsLong() + now.balanceWaitNs;
        List<RaftPeerName> back =
                furthestFirst(followers).stream()
                        .filter(name -> name.nodeId() == preferred)
                        .toList();
        handTo(shard, raft, now, back, "back to the preferred replica");
    }

    /// Here producers are refused until there is room, and when others fill the disk one more write
    /// may be the last. As a follower this replica takes nothing meanwhile, and catches up later.
    /// Where no other has room either, all stays as it is. Not for the metadata: its frames are
    /// few, and every replica writes them in the reserve.
    private void leaveToRoom(
            LocalShard shard,
            RaftGroupHandle raft,
            Led now,
            List<Integer> inSync,
            List<RaftGroupHandle.Follower> followers) {
        if (!disk.hasRoomForNewTerm() || nanos.getAsLong() - now.roomAtNs < 0) {
            return;
        }
        now.roomAtNs = nanos.getAsLong() + ROOM_AGAIN.toNanos();
        List<RaftPeerName> best =
                furthestFirst(followers).stream()
                        .filter(name -> inSync.contains(name.nodeId()))
                        .toList();
        handTo(shard, raft, now, best, "to a replica whose disk has room");
    }

    /// The first of them whose disk has room is to lead.
    private void handTo(
            LocalShard shard,
            RaftGroupHandle raft,
            Led now,
            List<RaftPeerName> candidates,
            String why) {
        CompletableFuture<Optional<RaftPeerName>> found =
                CompletableFuture.completedFuture(Optional.empty());
        for (RaftPeerName candidate : candidates) {
            found =
                    found.thenCompose(known ->
                            known.isPresent()
                                    ? CompletableFuture.completedFuture(known)
                                    : ifRoom(raft, candidate));
        }
        now.changing =
                found.thenCompose(next -> {
                    if (next.isEmpty()) {
                        return CompletableFuture.completedFuture(null);
                    }
                    LOG.info(
                            "leadership goes {}: shard={}, to={}",
                            why,
                            shard.id(),
                            next.get().nodeId());
                    return shard.handOver(next.get(), TRANSFER_LIMIT);
                });
    }

    private CompletableFuture<Optional<RaftPeerName>> ifRoom(
            RaftGroupHandle raft, RaftPeerName candidate) {
        return raft.members().stream()
                .filter(member -> member.name().equals(candidate))
                .findFirst()
                .map(member -> ShardCalls.hasRoom(peers, addressOf(member)))
                .orElse(CompletableFuture.completedFuture(false))
                .thenApply(room -> room ? Optional.of(candidate) : Optional.empty());
    }

    private static String addressOf(RaftMember member) {
        return new HostPort(member.host(), member.port()).toString();
    }

    /// Hands every shard that is led here to a follower that keeps up, before this broker stops.
    /// Takes at most a little longer than a transfer may.
    void handOver() {
        List<CompletableFuture<Void>> transfers = new ArrayList<>();
        for (ShardSet.Opened opened : shards.shards().values()) {
            Optional<RaftGroupHandle> raft = opened.shard().raft();
            if (raft.isPresent() && opened.shard().leadership() instanceof Leadership.Ready) {
                furthestFirst(raft.get().followers()).stream()
                        .findFirst()
                        .ifPresent(next ->
                                transfers.add(opened.shard().handOver(next, TRANSFER_LIMIT)));
            }
        }
        try {
            CompletableFuture.allOf(transfers.toArray(new CompletableFuture<?>[0]))
                    .get(2 * TRANSFER_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.info("not every shard was handed over, the others elect: why={}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Who was heard of just now, the one that has most of the log first.
    private static List<RaftPeerName> furthestFirst(List<RaftGroupHandle.Follower> followers) {
        return followers.stream()
                .filter(follower -> follower.silentMs() < FRESH_MS)
                .sorted(Comparator.comparingLong(RaftGroupHandle.Follower::commitIndex).reversed())
                .map(RaftGroupHandle.Follower::name)
                .toList();
    }

    /// Hands one shard to another broker, on an operator's word.
    ///
    /// @return fails with the reason when that is not possible now
    CompletableFuture<Void> move(int number, int toNode) {
        ShardSet.Opened opened = shards.shards().get(number);
        Optional<RaftGroupHandle> raft = opened == null ? Optional.empty() : opened.shard().raft();
        if (opened == null
                || raft.isEmpty()
                || !(opened.shard().leadership() instanceof Leadership.Ready)) {
            return CompletableFuture.failedFuture(
                    new IllegalArgumentException("not led by this broker: shard=" + number));
        }
        return raft.get().followers().stream()
                .filter(follower -> follower.name().nodeId() == toNode)
                .findFirst()
                .map(follower -> opened.shard().handOver(follower.name(), TRANSFER_LIMIT))
                .orElseGet(() ->
                        CompletableFuture.failedFuture(
                                new IllegalArgumentException(
                                        "no replica there: shard="
                                                + number
                                                + ", broker="
                                                + toNode)));
    }
}
