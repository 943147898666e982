// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

/// Writes that a test carries out by hand.
class BlockWritesTest {
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private final List<BlockKey> written = new ArrayList<>();
    private final BlockWrites writes =
            new BlockWrites(300, tasks::add, (key, _) -> written.add(key));

    private static BlockKey key(int position) {
        return new BlockKey("object", position, 50);
    }

    /// Two blocks of 50 bytes.
    private static Arrived run(int position) {
        byte[] bytes = new byte[100];
        bytes[0] = (byte) position;
        bytes[50] = (byte) (position + 50);
        return new Arrived(
                position, ByteBuffer.wrap(bytes), List.of(key(position), key(position + 50)));
    }

    @Test
    void takesNoMoreThanItsBoundUntilSomethingIsWritten() {
        assertThat(writes.offer(run(0))).isTrue();
        assertThat(writes.isHalfFull()).isFalse();
        assertThat(writes.offer(run(100))).isTrue();
        assertThat(writes.isHalfFull()).isTrue();
        assertThat(writes.offer(run(200))).isTrue();
        assertThat(writes.offer(run(300))).isFalse();

        tasks.remove().run();

        assertThat(tasks).isEmpty();
        assertThat(written)
                .containsExactly(key(0), key(50), key(100), key(150), key(200), key(250));
        assertThat(writes.offer(run(300))).isTrue();
    }

    @Test
    void servesWhatWaitsAndOnlyThat() {
        writes.offer(run(0));

        assertThat(writes.get(key(50)).orElseThrow().get(0)).isEqualTo((byte) 50);
        assertThat(writes.get(key(50)).orElseThrow().remaining()).isEqualTo(50);
        assertThat(writes.get(key(100))).isEmpty();

        tasks.remove().run();
        assertThat(writes.get(key(50))).isEmpty();
    }

    @Test
    void droppedBlockIsNotWritten() {
        writes.offer(run(0));

        writes.drop(key(0));
        tasks.remove().run();

        assertThat(written).containsExactly(key(50));
    }
}
