// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.Damage;
import io.varve.manifest.PartitionId;
import io.varve.manifest.RandomSeed;
import io.varve.manifest.ShardId;
import io.varve.manifest.VersionTooNewException;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.codec.ByteReader;
import io.varve.manifest.golden.GoldenObjects;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.state.PartitionLedger;
import io.varve.manifest.state.PartitionState;
import io.varve.manifest.state.RandomTraffic;
import io.varve.manifest.whole.PutOnce;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.StoreOperation;
import io.varve.objectstore.faulty.Fault;
import io.varve.objectstore.faulty.FaultyObjectStore;
import io.varve.objectstore.faulty.ScriptedFaults;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

final class CheckpointTest {
    private static final ShardId SHARD = new ShardId(1, 2, 0);
    private final MemoryObjectStore truth = new MemoryObjectStore(InstantSource.system());
    private final ScriptedFaults faults = new ScriptedFaults();
    private final FaultyObjectStore store = new FaultyObjectStore(truth, faults, time -> {});

    static ShardCheckpoint at(long index) {
        return new ShardCheckpoint(
                "cluster", SHARD, index, 3, 99, List.of(), List.of(), List.of(), List.of(),
                List.of());
    }

    @Test
    void stateOfRandomTrafficSurvives() {
        long seed = RandomSeed.next();
        Random random = RandomSeed.random(seed);
        List<PartitionState> states = new ArrayList<>();
        for (int p = 0; p < 20; p++) {
            PartitionLedger ledger =
                    PartitionLedger.open(
                            new PartitionId(new Uuid(1, 1), p), "orders", "{\"p\":20}", 5, p);
            RandomTraffic traffic = new RandomTraffic(random, p);
            for (int i = 0; i < 100; i++) {
                RandomTraffic.Step step = traffic.next();
                BatchHeader header = BatchHeader.at(step.batch(), 0);
                ledger.append(header.facts(), header.partitionLeaderEpoch(), step.frameTimeMs());
            }
            states.add(ledger.snapshot());
        }
        ShardCheckpoint checkpoint =
                new ShardCheckpoint(
                        "cluster", SHARD, 1_000, 3, 99, states, List.of(), List.of(), List.of(),
                        List.of());

        ShardCheckpoint read =
                CheckpointCodec.decode(ByteBuffer.wrap(CheckpointCodec.encode(checkpoint)), "test");

        assertThat(read).as("seed %s", seed).isEqualTo(checkpoint);
    }

    @Test
    void everyDamageIsNoticed() {
        byte[] whole = CheckpointCodec.encode(GoldenObjects.checkpoint());

        Damage.everyFlippedByteAndTruncationIsNoticed(
                whole, bytes -> CheckpointCodec.decode(ByteBuffer.wrap(bytes), "test"));
    }

    @Test
    void laterVersionIsNotCalledDamage() {
        byte[] whole = CheckpointCodec.encode(at(7));
        ByteBuffer bytes = ByteBuffer.wrap(whole);
        bytes.putShort(8, (short) 2);
        bytes.putInt(whole.length - 4, ByteReader.crc32c(bytes.slice(0, whole.length - 4)));

        assertThatThrownBy(() -> CheckpointCodec.decode(bytes, "test"))
                .isInstanceOf(VersionTooNewException.class);
    }

    @Test
    void putIsReadBackBeforeItCounts() throws IOException {
        faults.next(1, StoreOperation.PUT, "", new Fault.TearPut(20));

        assertThatThrownBy(() -> CheckpointStore.put(store, at(7)))
                .isInstanceOf(CorruptObjectException.class);
        assertThat(CheckpointStore.put(store, at(8))).isInstanceOf(PutOnce.Ours.class);
        assertThat(CheckpointStore.put(store, at(8))).isInstanceOf(PutOnce.Ours.class);
        assertThat(CheckpointStore.read(store, SHARD, 8)).isEqualTo(at(8));
        assertThatThrownBy(() -> CheckpointStore.read(store, SHARD, 9))
                .isInstanceOf(ObjectStoreException.NotFound.class);
    }

    @Test
    void newestThatIsDamagedIsAnErrorAndNeverSkippedInSilence() throws IOException {
        assertThat(CheckpointStore.newest(store, SHARD)).isEmpty();
        CheckpointStore.put(store, at(9));
        CheckpointStore.put(store, at(10));
        String damaged = BucketKeys.checkpoint(SHARD, 11);
        truth.put(damaged, ObjectBody.of(new byte[] {1, 2, 3}), PutMode.IF_ABSENT);

        assertThatThrownBy(() -> CheckpointStore.newest(store, SHARD))
                .isInstanceOf(CorruptObjectException.class)
                .hasMessageContaining(damaged);
        CheckpointStore.Usable usable = CheckpointStore.newestUsable(store, SHARD, Long.MAX_VALUE);
        assertThat(usable.checkpoint()).contains(at(10));
        assertThat(usable.skipped())
                .extracting(CheckpointStore.Damaged::key)
                .containsExactly(damaged);
        assertThat(CheckpointStore.newestUsable(store, SHARD, 9).checkpoint()).contains(at(9));
        assertThat(CheckpointStore.newestUsable(store, SHARD, 8).checkpoint()).isEmpty();
    }

    @Test
    void checkpointUnderAnotherKeyIsDamage() throws IOException {
        truth.put(
                BucketKeys.checkpoint(SHARD, 12),
                ObjectBody.of(CheckpointCodec.encode(at(11))),
                PutMode.IF_ABSENT);

        assertThatThrownBy(() -> CheckpointStore.newest(store, SHARD))
                .isInstanceOf(CorruptObjectException.class);
    }
}
