// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.objectstore.CountingObjectStore;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChunkMemoryTest {
    private final ColdCounters counters =
            new ColdCounters(new CountingObjectStore(new MemoryObjectStore(() -> Instant.EPOCH)));
    private final ChunkMemory memory = new ChunkMemory(300, counters);

    private static BlockKey key(int position) {
        return new BlockKey("object", position, 50);
    }

    /// Two blocks of 50 bytes.
    private static Arrived run(int position) {
        byte[] bytes = new byte[100];
        bytes[50] = 7;
        return new Arrived(
                position, ByteBuffer.wrap(bytes), List.of(key(position), key(position + 50)));
    }

    private boolean holds(int position) {
        return memory.peek(key(position)) != null;
    }

    @Test
    void leastRecentlyUsedAnswerGoesFirstWithAllItsBlocks() {
        memory.keep(run(0), 0);
        memory.keep(run(100), 0);
        memory.keep(run(200), 0);
        assertThat(memory.get(key(50)).orElseThrow().get(0)).isEqualTo((byte) 7);

        memory.keep(run(300), 0);

        assertThat(holds(0)).isTrue();
        assertThat(holds(50)).isTrue();
        assertThat(holds(100)).isFalse();
        assertThat(holds(150)).isFalse();
        assertThat(memory.bytes()).isEqualTo(300);
    }

    @Test
    void blockThatWentWithItsNeighboursFreesTheWholeArray() {
        memory.keep(run(0), 0);

        memory.drop(key(50));

        assertThat(holds(0)).isFalse();
        assertThat(memory.bytes()).isZero();
    }

    @Test
    void answerThatFollowsAnotherForTheSameBlockReplacesIt() {
        memory.keep(run(0), 0);
        memory.keep(run(0), 0);
        memory.keep(run(100), 0);

        memory.keep(run(200), 0);

        assertThat(memory.bytes()).isEqualTo(300);
        assertThat(holds(0)).isTrue();
    }

    @Test
    void answerLargerThanTheBoundIsNotKept() {
        memory.reserveUnread(400, 1_000);

        memory.keep(Arrived.of(new BlockKey("large", 0, 400), ByteBuffer.allocate(400)), 400);

        assertThat(memory.bytes()).isZero();
        assertThat(memory.unreadBytes()).isZero();
    }

    @Test
    void roomForTheUnreadIsLimitedAndComesBackWhenTheyAreRead() {
        assertThat(memory.reserveUnread(100, 150)).isTrue();
        assertThat(memory.reserveUnread(100, 150)).isFalse();

        memory.keep(run(0), 100);
        assertThat(memory.reserveUnread(100, 150)).isFalse();
        memory.get(key(0));

        assertThat(memory.reserveUnread(100, 150)).isTrue();
        memory.releaseUnread(100);
        assertThat(memory.unreadBytes()).isZero();
    }

    @Test
    void unreadAnswerThatGoesIsCountedAndGivesItsRoomBack() {
        memory.reserveUnread(100, 100);
        memory.keep(run(0), 100);
        memory.keep(run(100), 0);
        memory.keep(run(200), 0);

        memory.keep(run(300), 0);

        assertThat(counters.snapshot().aheadUnread()).isEqualTo(1);
        assertThat(memory.unreadBytes()).isZero();
    }

    @Test
    void chunkOfAWholeObjectGoesWithIt() {
        BlockKey whole = new BlockKey("object", 0, 100);
        memory.keep(Arrived.of(whole, run(0).bytes()), 0);

        memory.keepChunk(whole, key(50));
        assertThat(memory.get(key(50)).orElseThrow().get(0)).isEqualTo((byte) 7);
        assertThat(memory.bytes()).isEqualTo(100);
        memory.drop(whole);

        assertThat(holds(50)).isFalse();
        memory.keepChunk(whole, key(50));
        assertThat(holds(50)).isFalse();
    }
}
