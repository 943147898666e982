// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class FrameDecoderTest {
    private static final int MAX = 1 << 20;

    private final NetworkCounters counters = new NetworkCounters();
    private final FrameDecoder decoder = new FrameDecoder(MAX, counters);
    private final EmbeddedChannel channel = new EmbeddedChannel(decoder);

    @Test
    void cutsAnyPartitionOfTheStreamIntoTheSameFrames() {
        long seed = Long.getLong("sim.seed", System.nanoTime());
        System.out.println("FrameDecoderTest seed: -Dsim.seed=" + seed);
        Random random = new Random(seed);
        List<byte[]> frames = new ArrayList<>();
        ByteBuf stream = Unpooled.buffer();
        for (int i = 0; i < 200; i++) {
            byte[] frame =
                    new byte
                            [1
                                    + (random.nextInt(10) == 0
                                            ? random.nextInt(300_000)
                                            : random.nextInt(200))];
            random.nextBytes(frame);
            frames.add(frame);
            stream.writeInt(frame.length).writeBytes(frame);
        }

        while (stream.isReadable()) {
            int count =
                    Math.min(
                            stream.readableBytes(),
                            1 + random.nextInt(random.nextBoolean() ? 9 : 100_000));
            channel.writeInbound(stream.readBytes(count));
        }

        for (byte[] expected : frames) {
            ByteBuf frame = channel.readInbound();
            byte[] bytes = new byte[frame.readableBytes()];
            frame.readBytes(bytes);
            frame.release();
            assertThat(bytes).isEqualTo(expected);
        }
        assertThat(channel.<ByteBuf>readInbound()).isNull();
    }

    @Test
    void closesTheConnectionOnALengthOutsideTheBound() {
        for (int length : new int[] {-1, 0, MAX + 1, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            NetworkCounters own = new NetworkCounters();
            EmbeddedChannel one = new EmbeddedChannel(new FrameDecoder(MAX, own));

            one.writeInbound(Unpooled.buffer().writeInt(length).writeBytes(new byte[100]));

            assertThat(one.isOpen()).as("length %d", length).isFalse();
            assertThat(one.<ByteBuf>readInbound()).isNull();
            assertThat(own.malformed()).isEqualTo(1);
        }
    }

    @Test
    void takesNoMemoryForBytesThatOnlyWereDeclared() {
        channel.writeInbound(Unpooled.buffer().writeInt(MAX).writeBytes(new byte[10]));

        assertThat(decoder.partialCapacity())
                .isPositive()
                .isLessThanOrEqualTo(FrameDecoder.FIRST_BYTES);
    }

    @Test
    void releasesARequestCutShort() {
        channel.writeInbound(Unpooled.buffer().writeInt(1000).writeBytes(new byte[10]));

        channel.close().syncUninterruptibly();
        channel.runPendingTasks();

        assertThat(decoder.partialCapacity()).isZero();
        assertThat(channel.<ByteBuf>readInbound()).isNull();
    }
}
