// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.simulation;

import io.varve.archiver.ArchiveContext;
import io.varve.archiver.ArchivePolicies;
import io.varve.archiver.ArchiveSettings;
import io.varve.broker.shard.CheckpointSource;
import io.varve.broker.shard.LocalRetention;
import io.varve.broker.shard.ShardLimits;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.CheckpointStore;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.faulty.Fault;
import io.varve.objectstore.faulty.FaultPlan;
import io.varve.objectstore.faulty.FaultyObjectStore;
import io.varve.objectstore.faulty.RandomFaults;
import io.varve.objectstore.faulty.RandomFaults.Kind;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;

/// What all of a simulated cluster shares: the time, the bucket that lies, and the settings. Owner:
/// the simulation.
final class SimulatedWorld {
    static final String CLUSTER = "simulatedCluster00000w";
    static final long HOUR_MS = 3_600_000;

    final VirtualClock clock = new VirtualClock();

    /// The bucket as it is.
    final MemoryObjectStore bucket = new MemoryObjectStore(clock);

    /// The bucket as the cluster sees it.
    final ObjectStore store;

    final ShardLimits limits =
            new ShardLimits(
                    200,
                    4 << 20,
                    4,
                    1 << 20,
                    4,
                    8 << 10,
                    64 << 10,
                    Duration.ofSeconds(30),
                    Duration.ofDays(1));
    final ArchivePolicies policies;
    final LocalRetention localRetention = new Local();
    final CheckpointSource checkpoints = new Checkpoints();
    private final SplittableRandom random;
    private final Lies lies;
    private final Path temporary;
    final Tally tally;
    boolean diskIsFull;

    SimulatedWorld(SplittableRandom random, Path temporary, Tally tally) {
        this.tally = tally;
        this.random = random;
        this.temporary = temporary;
        this.lies = new Lies(random.split());
        this.store = new FaultyObjectStore(bucket, lies, time -> {});
        ArchivePolicies.Policy policy =
                new ArchivePolicies.Policy(
                        OptionalLong.of(30 * HOUR_MS),
                        OptionalLong.of(60_000),
                        6_000,
                        2 * HOUR_MS,
                        false,
                        true);
        this.policies = partition -> policy;
    }

    /// A machine's own folder for files on their way.
    ArchiveContext machine(String name) {
        return new ArchiveContext(
                store,
                CLUSTER,
                "simulation",
                temporary.resolve("machine-" + name),
                ArchiveSettings.defaults(),
                clock,
                random.split());
    }

    Path folder(String name) {
        return temporary.resolve(name);
    }

    /// @return whether it lied before
    boolean faults(boolean on) {
        boolean before = lies.on;
        lies.on = on;
        return before;
    }

    void storeIsAway(boolean away) {
        lies.away = away;
    }

    boolean isStoreAway() {
        return lies.on && lies.away;
    }

    private static final class Lies implements FaultPlan {
        private final RandomFaults chance;
        private boolean on;
        private boolean away;

        Lies(SplittableRandom random) {
            this.chance =
                    new RandomFaults(
                            random,
                            Map.of(
                                    Kind.FAIL_BEFORE, 0.02,
                                    Kind.FAIL_AFTER, 0.03,
                                    Kind.THROTTLE, 0.02,
                                    Kind.KEEP_ONE, 0.2),
                            Long.MAX_VALUE);
        }

        @Override
        public Optional<Fault> next(Request request) {
            if (!on) {
                return Optional.empty();
            }
            return away ? Optional.of(new Fault.FailBefore()) : chance.next(request);
        }
    }

    private final class Local implements LocalRetention {
        @Override
        public LocalRetention.Policy of(PartitionId partition) {
            return new LocalRetention.Policy(OptionalLong.of(HOUR_MS), OptionalLong.of(4_000));
        }

        @Override
        public boolean underPressure() {
            return diskIsFull;
        }
    }

    private final class Checkpoints implements CheckpointSource {
        @Override
        public ShardCheckpoint load(ShardId shard, long endIndex) throws IOException {
            try {
                return CheckpointStore.read(store, shard, endIndex);
            } catch (CorruptObjectException e) {
                throw new IOException("checkpoint is damaged: shard=" + shard, e);
            }
        }

        @Override
        public Optional<ShardCheckpoint> newest(ShardId shard) throws IOException {
            try {
                return CheckpointStore.newest(store, shard);
            } catch (CorruptObjectException e) {
                throw new IOException("checkpoint is damaged: shard=" + shard, e);
            }
        }
    }
}
