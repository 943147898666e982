// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.simulation;

import io.varve.broker.log.HotLease;
import io.varve.broker.log.HotRange;
import io.varve.broker.shard.LocalShard;
import io.varve.broker.shard.PartitionView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// Readers that have the right to a range of a local file, while the file is perhaps freed: what
/// they read stays what it was. Owner: the simulation.
final class HeldReads {
    private static final int HELD_MAX = 12;
    private static final int ROWS_BYTES = 2_000;

    private final RandomGenerator random;
    private final List<Held> all = new ArrayList<>();

    private record Held(
            SimulatedReplica replica, LocalShard shard, HotLease lease, ByteBuffer bytes) {
        boolean isGone() {
            return !replica.isUp() || replica.isDead() || replica.shard() != shard;
        }
    }

    HeldReads(RandomGenerator random) {
        this.random = random;
    }

    /// A reader comes, another goes.
    void change(SimulatedReplica replica) throws IOException {
        for (PartitionView view : replica.shard().partitions()) {
            List<HotRange> rows = view.hotRows(view.hotStart(), ROWS_BYTES);
            if (!rows.isEmpty() && all.size() < HELD_MAX) {
                HotRange row = rows.get(random.nextInt(rows.size()));
                Optional<HotLease> lease = view.lease(row);
                if (lease.isPresent()) {
                    all.add(
                            new Held(
                                    replica,
                                    replica.shard(),
                                    lease.get(),
                                    copy(lease.get().bytes())));
                }
            }
        }
        if (!all.isEmpty() && random.nextBoolean()) {
            Held ended = all.remove(random.nextInt(all.size()));
            if (!ended.isGone()) {
                ended.lease().close();
            }
        }
    }

    private static ByteBuffer copy(ByteBuffer bytes) {
        return ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();
    }

    void check() throws IOException {
        all.removeIf(Held::isGone);
        for (Held held : all) {
            if (!held.lease().bytes().equals(held.bytes())) {
                throw new AssertionError(
                        "overwritten under a reader: replica="
                                + held.replica()
                                + ", range="
                                + held.lease().range());
            }
        }
    }
}
