// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.archiver.StepResult;
import io.varve.archiver.SteppedArchiver;
import io.varve.broker.shard.PartitionView;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.state.PartitionState;
import io.varve.manifest.state.ProducerState;
import io.varve.objectstore.ObjectStoreException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;

/// One shard of a simulated cluster: its Raft group, the archivers of all who believe to lead it,
/// and what must hold of it at any moment. Owner: the simulation.
final class SimulatedShard {
    private static final int LINGERING_MAX = 3;
    private static final int FREED_AT_ONCE = 20;

    final SimulatedGroup group;
    final TrueLog truth;
    final BucketView bucket;
    private final HeldReads readers;
    private final SimulatedWorld world;
    private final SplittableRandom random;
    private final Map<SimulatedReplica, SteppedArchiver> archivers = new HashMap<>();

    /// Of leaderships that are over, whose threads have not noticed.
    private final List<Lingering> lingering = new ArrayList<>();

    private record Lingering(SimulatedReplica replica, SteppedArchiver archiver) {}

    SimulatedShard(
            ShardId id,
            int replicas,
            SimulatedWorld world,
            SplittableRandom random,
            TrueLog truth,
            Optional<ShardCheckpoint> first) {
        this.world = world;
        this.random = random;
        this.truth = truth;
        this.bucket = new BucketView(world.bucket, id, truth, world.clock);
        this.readers = new HeldReads(random.split());
        this.group =
                new SimulatedGroup(
                        id, replicas, world, random.split(), world.folder("shards"), truth, first);
    }

    // --- archiving

    private List<SimulatedReplica> believers() {
        return group.up().stream()
                .filter(replica -> replica.shard().leadership().readyTerm().isPresent())
                .toList();
    }

    private SteppedArchiver archiverOf(SimulatedReplica replica) {
        long term = replica.shard().leadership().readyTerm().orElseThrow();
        SteppedArchiver known = archivers.get(replica);
        if (known != null && known.source().term() == term) {
            return known;
        }
        if (known != null) {
            lingering.add(new Lingering(replica, known));
            if (lingering.size() > LINGERING_MAX) {
                lingering.removeFirst();
            }
        }
        String machine = replica.toString().replace('/', '-') + "-" + term;
        SteppedArchiver fresh =
                new SteppedArchiver(
                        world.machine(machine),
                        new SimulatedSource(this, replica, term),
                        world.policies);
        archivers.put(replica, fresh);
        return fresh;
    }

    /// What a process that is gone did, nobody goes on with.
    void processesMayBeGone() {
        group.bury();
        archivers.keySet().removeIf(replica -> !replica.isUp());
        lingering.removeIf(each -> !each.replica().isUp());
    }

    /// A few steps of whoever believes to lead, or has not noticed that it does not.
    void stepArchivers() {
        for (int i = random.nextInt(40); i > 0; i--) {
            processesMayBeGone();
            List<SimulatedReplica> believers = believers();
            if (!lingering.isEmpty() && random.nextInt(8) == 0) {
                lingering.get(random.nextInt(lingering.size())).archiver().step(random);
            } else if (!believers.isEmpty()) {
                step(believers.get(random.nextInt(believers.size())));
            }
        }
    }

    private void step(SimulatedReplica replica) {
        SteppedArchiver archiver = archiverOf(replica);
        count(Tally.What.ARCHIVER_STEPS_OF_A_CUT_OFF_LEADER, replica.cutOff);
        StepResult result = archiver.step(random);
        if (result instanceof StepResult.Stopped
                && replica.isUp()
                && archiver.source().isLeader()
                && group.leader().filter(replica::equals).isPresent()) {
            throw new AssertionError("the leader's archiver stopped: " + result + ", " + archiver);
        }
    }

    /// The leader's archiver does all that is waiting.
    void settle() {
        processesMayBeGone();
        Optional<SimulatedReplica> leader = group.leader();
        if (leader.isPresent() && !world.isStoreAway() && group.majorityIsInTouch()) {
            SteppedArchiver archiver = archiverOf(leader.get());
            boolean settled = archiver.settle();
            boolean goesOn =
                    leader.get().isUp()
                            && group.leader().equals(leader)
                            && group.majorityIsInTouch();
            assertThat(settled || !goesOn).as("never idle: %s", archiver).isTrue();
        }
    }

    void ask(Collection<PartitionId> partitions) {
        processesMayBeGone();
        group.leader().ifPresent(leader -> archiverOf(leader).ask(partitions));
    }

    /// A command waits for Raft.
    void whileSomebodyWaits() {
        if (!group.isCalm() && random.nextInt(30) == 0) {
            for (int i = random.nextInt(20); i > 0; i--) {
                group.step();
            }
        } else {
            group.pump();
        }
    }

    void count(Tally.What what, boolean happened) {
        world.tally.count(what, happened ? 1 : 0);
    }

    void deletionAsked(PartitionId id, long logStart) {
        TrueLog.Part part = truth.part(id);
        part.startMax = Math.max(part.startMax, logStart);
    }

    /// Files of those who run are freed as their local retention says.
    void freeLocal() throws IOException {
        for (SimulatedReplica replica : group.up()) {
            readers.change(replica);
            for (int i = 0; i < FREED_AT_ONCE && random.nextInt(10) > 0; i++) {
                if (replica.isDead()
                        || !(replica.retention().step() instanceof StepResult.Progressed)) {
                    break;
                }
                count(Tally.What.FILES_FREED, true);
            }
        }
    }

    /// Whether a replica that runs has it open.
    boolean isOpen(PartitionId id) {
        return group.up().stream().anyMatch(replica -> replica.shard().partition(id).isPresent());
    }

    /// Where the records end that the bucket held at the last look, from this offset on.
    long heldEnd(PartitionId id, long offset) {
        TrueLog.Part part = truth.part(id);
        long at = part.skipGap(offset);
        for (long next = bucket.heldUntil(id, at); next > at; next = bucket.heldUntil(id, at)) {
            at = part.skipGap(next);
        }
        return at;
    }

    // --- what must hold

    /// Everything that holds at any moment.
    void check(boolean everyByte) throws IOException, ObjectStoreException {
        Map<PartitionId, String> topics = new TreeMap<>();
        for (SimulatedReplica replica : group.up()) {
            replica.shard().partitions().forEach(view -> topics.put(view.id(), view.topicName()));
        }
        bucket.look(topics);
        readers.check();
        replicasAgree();
        for (SimulatedReplica replica : group.up()) {
            checkBounds(replica);
        }
        Optional<SimulatedReplica> leader = group.leader();
        if (leader.isPresent()) {
            for (PartitionView view : leader.get().shard().partitions()) {
                checkReadable(leader.get(), view);
            }
        }
        if (everyByte) {
            for (SimulatedReplica replica : group.up()) {
                for (PartitionView view : replica.shard().partitions()) {
                    checkLocal(view);
                }
            }
        }
    }

    /// When nothing waits any more and the store answered, every floor is the newest checkpoint.
    void checkFloors() {
        for (SimulatedReplica replica : group.up()) {
            assertThat(replica.shard().floorEnd())
                    .as("floor of %s, when nothing waits", replica)
                    .isEqualTo(bucket.checkpointEnd());
        }
    }

    private void checkBounds(SimulatedReplica replica) {
        long floorEnd = replica.shard().floorEnd();
        assertThat(floorEnd)
                .as("floor of %s, as the bucket has it", replica)
                .isLessThanOrEqualTo(bucket.checkpointEnd());
        assertThat(replica.logStart())
                .as("start of Raft's log of %s", replica)
                .isLessThanOrEqualTo(floorEnd);
        for (PartitionView view : replica.shard().partitions()) {
            TrueLog.Part part = truth.part(view.id());
            String which = replica + ", " + view.id();
            assertThat(view.logStart())
                    .as("logStart: %s", which)
                    .isLessThanOrEqualTo(part.startMax);
            assertThat(view.highWatermark())
                    .as("highWatermark: %s", which)
                    .isLessThanOrEqualTo(part.end);
            assertThat(view.lastStableOffset()).isLessThanOrEqualTo(view.highWatermark());
            if (view.archivedEnd() > view.logStart()) {
                assertThat(view.archivedEnd())
                        .as("archivedEnd: %s", which)
                        .isLessThanOrEqualTo(bucket.archivedEnd(view.id()));
            }
        }
    }

    /// Apply is the same everywhere.
    private void replicasAgree() {
        Map<Long, Map<PartitionId, String>> states = new HashMap<>();
        for (SimulatedReplica replica : group.up()) {
            Map<PartitionId, String> state = new TreeMap<>();
            for (PartitionView view : replica.shard().partitions()) {
                state.put(view.id(), sharedPart(view.state()));
            }
            Map<PartitionId, String> other = states.putIfAbsent(replica.appliedEnd(), state);
            if (other != null) {
                assertThat(state).as("applied by %s", replica).isEqualTo(other);
            }
        }
    }

    /// Without what each replica forgets when it likes; without the archived end, of which a
    /// checkpoint knows what the bucket holds, not what the log said; and without producers that
    /// were silent for so long that a checkpoint may have forgotten them, and apply not yet.
    private String sharedPart(PartitionState state) {
        return state.topicName()
                + state.topicRecord()
                + " base epoch "
                + state.baseEpoch()
                + " ends "
                + state.logStart()
                + " "
                + state.highWatermark()
                + state.epochs()
                + state.producers().stream().filter(each -> !mayBeForgotten(each)).toList();
    }

    private boolean mayBeForgotten(ProducerState producer) {
        long silentMs = world.clock.millis() - producer.lastTimestampMs();
        return producer.openTxnFirstOffset().isEmpty()
                && silentMs >= world.limits.producerIdExpiration().toMillis();
    }

    /// From the first offset to the last, local disk or the bucket has it, and it is what it was.
    private void checkReadable(SimulatedReplica leader, PartitionView view) throws IOException {
        TrueLog.Part part = truth.part(view.id());
        if (leader.appliedEnd() == leader.committedEnd()) {
            assertThat(view.highWatermark()).as("end of %s", view.id()).isEqualTo(part.end);
        }
        long at = part.skipGap(view.logStart());
        while (at < view.highWatermark()) {
            long next =
                    TrueLog.readHot(view, at, batch -> truth.check(view.id(), batch, "local disk"));
            count(Tally.What.READ_FROM_LOCAL_DISK, next > at);
            if (next == at) {
                next = bucket.heldUntil(view.id(), at);
                count(Tally.What.READ_FROM_THE_BUCKET_ONLY, next > at);
            }
            if (next == at) {
                throw new AssertionError(
                        "nothing holds it: partition="
                                + view.id()
                                + ", offset="
                                + at
                                + ", logStart="
                                + view.logStart()
                                + ", hotStart="
                                + view.hotStart()
                                + ", archivedEnd="
                                + view.archivedEnd()
                                + ", highWatermark="
                                + view.highWatermark());
            }
            at = part.skipGap(next);
        }
    }

    /// After a restart there may be rows of committed entries that are not applied again yet.
    private void checkLocal(PartitionView view) throws IOException {
        long end = view.highWatermark();
        TrueLog.readHot(
                view,
                view.hotStart(),
                batch -> {
                    if (batch.endOffset() <= end) {
                        truth.check(view.id(), batch, "local disk");
                    }
                });
    }
}
