// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.simulation;

import io.varve.broker.log.DataSlice;
import io.varve.broker.log.FrameTable;
import io.varve.broker.shard.LocalShard;
import io.varve.broker.shard.PartitionView;
import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/// The Raft group of one shard, played: elections, replication and commit by the book, between
/// replicas that crash and lose touch. A leader that is cut off goes on as if it led.
///
/// Owner: the simulation.
final class SimulatedGroup implements SimulatedReplica.SubmitWatch {
    private static final int ROUNDS_MAX = 60;
    private static final int APPLIED_AT_ONCE = 1_000;

    final ShardId id;
    final List<SimulatedReplica> replicas = new ArrayList<>();
    private final SimulatedWorld world;
    private final SplittableRandom random;
    private final TrueLog truth;

    /// Leadership stays where it is.
    private boolean calm;

    private boolean forGood;
    private boolean moving;

    /// @param first what a restored shard starts from
    SimulatedGroup(
            ShardId id,
            int size,
            SimulatedWorld world,
            SplittableRandom random,
            Path directory,
            TrueLog truth,
            Optional<ShardCheckpoint> first) {
        this.id = id;
        this.world = world;
        this.random = random;
        this.truth = truth;
        for (int number = 1; number <= size; number++) {
            Path folder = directory.resolve(id.toString().replace('/', '-') + "-" + number);
            seed(folder, first);
            SimulatedReplica replica =
                    new SimulatedReplica(number, id, world, random.split(), folder, this);
            replica.start();
            replicas.add(replica);
        }
        elect(replicas.getFirst());
        pump();
    }

    private static void seed(Path folder, Optional<ShardCheckpoint> first) {
        try {
            if (first.isPresent()) {
                LocalShard.seed(folder, first.get());
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    List<SimulatedReplica> up() {
        return replicas.stream().filter(SimulatedReplica::isUp).toList();
    }

    private SimulatedReplica any() {
        return replicas.get(random.nextInt(replicas.size()));
    }

    /// The leader that a majority knows and that is ready.
    Optional<SimulatedReplica> leader() {
        return up().stream()
                .filter(replica -> !replica.cutOff && replica.leads() && !isOutvoted(replica))
                .filter(replica -> replica.shard().leadership().readyTerm().isPresent())
                .max(Comparator.comparingLong(SimulatedReplica::term));
    }

    /// Whether a majority is in a later term, and the leader has not heard of it.
    private boolean isOutvoted(SimulatedReplica leader) {
        long later = replicas.stream().filter(each -> each.term() > leader.term()).count();
        return later * 2 > replicas.size();
    }

    boolean majorityIsInTouch() {
        long inTouch = up().stream().filter(each -> !each.cutOff).count();
        return inTouch * 2 > replicas.size();
    }

    private static boolean touch(SimulatedReplica one, SimulatedReplica other) {
        return one == other || (one.isUp() && other.isUp() && !one.cutOff && !other.cutOff);
    }

    // --- elections

    /// @return whether a majority voted for it
    boolean elect(SimulatedReplica candidate) {
        if (!candidate.isUp() || candidate.isDead()) {
            return false;
        }
        List<SimulatedReplica> voters =
                replicas.stream()
                        .filter(voter -> touch(candidate, voter) && !voter.isDead())
                        .toList();
        long term = voters.stream().mapToLong(SimulatedReplica::term).max().orElseThrow() + 1;
        long votes = voters.stream().filter(voter -> isBehindOrEqual(voter, candidate)).count();
        voters.forEach(voter -> voter.learn(term));
        if (votes * 2 <= replicas.size()) {
            return false;
        }
        candidate.lead(term);
        return true;
    }

    private static boolean isBehindOrEqual(SimulatedReplica voter, SimulatedReplica candidate) {
        long own = voter.lastTerm();
        long other = candidate.lastTerm();
        return own < other || (own == other && voter.end() <= candidate.end());
    }

    /// Somebody leads, if a majority is there: the first who is voted for.
    void electIfNeeded() {
        boolean led =
                up().stream().anyMatch(each -> !each.cutOff && each.leads() && !each.isDead());
        if (led) {
            return;
        }
        int from = random.nextInt(replicas.size());
        for (int i = 0; i < replicas.size(); i++) {
            SimulatedReplica candidate = replicas.get((from + i) % replicas.size());
            if (!candidate.cutOff && elect(candidate)) {
                return;
            }
        }
    }

    // --- replication

    private void replicate(SimulatedReplica leader, SimulatedReplica follower, int entriesMax) {
        if (!touch(leader, follower) || !leader.leads() || leader.isDead() || follower.isDead()) {
            return;
        }
        if (follower.term() > leader.term()) {
            leader.learn(follower.term());
            return;
        }
        follower.learn(leader.term());
        if (follower.appliedEnd() < leader.logStart() && follower.end() < leader.logStart()) {
            install(leader, follower);
            return;
        }
        long match = Math.min(follower.end(), leader.end());
        while (match > follower.appliedEnd() && !sameBefore(leader, follower, match)) {
            match--;
        }
        if (match < leader.logStart()) {
            install(leader, follower);
            return;
        }
        if (match < follower.end()) {
            world.tally.count(Tally.What.ENTRIES_TRUNCATED, follower.end() - match);
            follower.truncate(match);
        }
        send(leader, follower, entriesMax);
    }

    /// Whether the logs agree up to here; what neither can tell any more, is applied.
    private static boolean sameBefore(
            SimulatedReplica leader, SimulatedReplica follower, long end) {
        return leader.termAt(end - 1).isPresent()
                && leader.termAt(end - 1).equals(follower.termAt(end - 1));
    }

    private void send(SimulatedReplica leader, SimulatedReplica follower, int entriesMax) {
        long until = Math.min(leader.end(), follower.end() + entriesMax);
        for (long index = follower.end(); index < until; index++) {
            RaftEntry entry = leader.entry(index);
            @Nullable ByteBuffer body = null;
            if (entry.isFrame()) {
                body = leader.body(entry).orElse(null);
                if (body == null) {
                    return;
                }
            }
            follower.append(entry, body);
            if (follower.isDead()) {
                return;
            }
        }
        follower.committed(Math.min(leader.committedEnd(), follower.end()));
    }

    private void install(SimulatedReplica leader, SimulatedReplica follower) {
        boolean faulty = world.faults(false); // the shard would try again for ever, in real time
        follower.installFrom(leader.logStart());
        world.tally.count(Tally.What.CHECKPOINTS_INSTALLED, 1);
        world.faults(faulty);
    }

    private void advanceCommit(SimulatedReplica leader) {
        for (long end = leader.onDiskEnd();
                end > leader.committedEnd() && leader.entry(end - 1).term() == leader.term();
                end--) {
            if (isOnMajority(leader, end)) {
                leader.committed(end);
                return;
            }
        }
    }

    private boolean isOnMajority(SimulatedReplica leader, long end) {
        long holders =
                replicas.stream()
                        .filter(replica -> touch(leader, replica))
                        .filter(replica -> replica.term() == leader.term())
                        .filter(replica -> replica.onDiskEnd() >= end)
                        .filter(replica -> sameBefore(leader, replica, end))
                        .count();
        return holders * 2 > replicas.size();
    }

    // --- going on

    /// One small thing happens on one replica.
    void step() {
        SimulatedReplica replica = any();
        if (!replica.isUp()) {
            return;
        }
        switch (random.nextInt(9)) {
            case 0, 1 -> replica.stepWriter();
            case 2 -> replica.flush();
            case 3 -> replica.writeHeaders();
            case 4, 5 -> replicate(replica, any(), 1 + random.nextInt(4));
            case 6 -> {
                if (replica.leads()) {
                    advanceCommit(replica);
                }
            }
            case 7 -> replica.apply(1 + random.nextInt(4));
            default -> replica.runBackground();
        }
        bury();
    }

    /// Those whose power went are gone.
    void bury() {
        for (SimulatedReplica replica : replicas) {
            if (replica.isDead()) {
                world.tally.count(Tally.What.POWER_CUTS, 1);
                replica.crash();
            }
        }
    }

    /// Until nothing moves any more, among those that are in touch.
    void pump() {
        long before = -1;
        for (int round = 0; round < ROUNDS_MAX && progress() != before; round++) {
            before = progress();
            for (int twice = 0; twice < 2; twice++) {
                round();
            }
        }
    }

    private long progress() {
        return up().stream()
                .mapToLong(each -> 31 * each.appliedEnd() + each.end() + 7 * each.term())
                .sum();
    }

    private void round() {
        for (SimulatedReplica replica : up()) {
            replica.stepWriter();
            replica.flush();
            replica.writeHeaders();
            for (SimulatedReplica other : up()) {
                if (other != replica) {
                    replicate(replica, other, Integer.MAX_VALUE / 2);
                    other.flush();
                    other.writeHeaders();
                }
            }
            if (replica.leads()) {
                advanceCommit(replica);
            }
            replica.apply(APPLIED_AT_ONCE);
            replica.runBackground();
            replica.stepWriter();
        }
        bury();
    }

    /// Everybody is up and in touch, somebody leads, and nothing waits.
    void calmDown() {
        calm = true;
        bury();
        for (SimulatedReplica replica : replicas) {
            replica.cutOff = false;
            replica.cutPowerAfter(Long.MAX_VALUE);
            if (!replica.isUp()) {
                replica.start();
            }
        }
        pump();
        for (int i = 0; i < replicas.size() && leader().isEmpty(); i++) {
            electIfNeeded();
            pump();
        }
        if (leader().isEmpty()) {
            throw new AssertionError("nobody leads: shard=" + id + ", replicas=" + describe());
        }
        calm = forGood;
    }

    void stayCalm() {
        forGood = true;
        calm = true;
    }

    boolean isCalm() {
        return calm;
    }

    /// Like [#pump], and leadership stays where it is.
    void pumpCalmly() {
        calm = true;
        pump();
        calm = forGood;
    }

    String describe() {
        List<String> all = new ArrayList<>();
        for (SimulatedReplica each : replicas) {
            all.add(
                    each.isUp()
                            ? each
                                    + " term="
                                    + each.term()
                                    + " leads="
                                    + each.leads()
                                    + " log="
                                    + each.logStart()
                                    + ".."
                                    + each.end()
                                    + " applied="
                                    + each.appliedEnd()
                                    + " "
                                    + each.shard().leadership()
                            : each + " down");
        }
        return all.toString();
    }

    // --- what happens to it

    void changeLeader() {
        elect(any());
    }

    /// The leader, or another, loses touch with everybody.
    void cutOff() {
        if (replicas.stream().noneMatch(each -> each.cutOff)) {
            leader().or(() -> Optional.of(any())).orElseThrow().cutOff = true;
        }
    }

    /// One that does not lead loses touch, and the others go on without it.
    void cutOffFollower() {
        if (replicas.stream().noneMatch(each -> each.cutOff)) {
            up().stream()
                    .filter(each -> leader().filter(each::equals).isEmpty())
                    .findAny()
                    .ifPresent(each -> each.cutOff = true);
        }
    }

    void heal() {
        replicas.forEach(each -> each.cutOff = false);
    }

    void crashOne() {
        SimulatedReplica one = random.nextBoolean() ? any() : leader().orElse(any());
        if (one.isUp()) {
            one.crash();
        }
    }

    void cutPowerSoon() {
        SimulatedReplica one = random.nextBoolean() ? any() : leader().orElse(any());
        if (one.isUp()) {
            one.cutPowerAfter(random.nextInt(12));
        }
    }

    void crashAll() {
        replicas.forEach(SimulatedReplica::crash);
    }

    void startAll() {
        for (SimulatedReplica replica : replicas) {
            if (!replica.isUp()) {
                replica.start();
            }
        }
        bury();
    }

    // --- what its replicas submit

    /// Now and then leadership moves away and back while the writer is about to hand over a frame.
    @Override
    public void submitting(SimulatedReplica replica) {
        if (calm || moving || random.nextInt(60) != 0) {
            return;
        }
        moving = true;
        if (random.nextBoolean()) {
            SimulatedReplica other = any();
            if (other != replica && elect(other)) {
                replicate(other, replica, APPLIED_AT_ONCE);
            }
        }
        elect(replica);
        moving = false;
    }

    /// A frame of an earlier leadership must never be seen.
    @Override
    public void submitted(long entryTerm, ByteBuffer table) {
        FrameTable frame = FrameTable.decode(table.asReadOnlyBuffer());
        if (frame.writerTerm() != entryTerm) {
            world.tally.count(Tally.What.FRAMES_OF_AN_EARLIER_LEADERSHIP, 1);
            frame.slices().stream()
                    .filter(DataSlice.class::isInstance)
                    .map(DataSlice.class::cast)
                    .forEach(slice ->
                            truth.mustNotShow(slice.id(), slice.leaderEpoch(), slice.baseOffset()));
        }
    }

    @Override
    public void applied(PartitionView partition) throws IOException {
        truth.observe(partition);
    }
}
