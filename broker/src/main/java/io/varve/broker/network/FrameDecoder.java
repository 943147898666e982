// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.network;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Cuts the byte stream of a connection into requests by their length fields.
///
/// A request that arrived whole is a slice of the receive buffer. One that did not is gathered in a
/// buffer that grows with what really arrives, so a declared length alone costs at most
/// [#FIRST_BYTES]. A length outside the bound closes the connection. Owner: the connection's event
/// loop.
final class FrameDecoder extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(FrameDecoder.class);
    private static final int LENGTH_BYTES = 4;

    /// Largest buffer that is taken before more has arrived.
    static final int FIRST_BYTES = 64 << 10;

    private final int frameBytesMax;
    private final NetworkCounters counters;
    private int lengthBytesRead;
    private int length;
    private @Nullable ByteBuf partial;
    private boolean broken;

    FrameDecoder(int frameBytesMax, NetworkCounters counters) {
        this.frameBytesMax = frameBytesMax;
        this.counters = counters;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf in = (ByteBuf) message;
        try {
            while (in.isReadable() && !broken) {
                step(context, in);
            }
        } finally {
            in.release();
        }
    }

    private void step(ChannelHandlerContext context, ByteBuf in) {
        if (lengthBytesRead < LENGTH_BYTES) {
            readLength(context, in);
        } else if (partial == null && in.readableBytes() >= length) {
            emit(context, in.readRetainedSlice(length));
        } else {
            gather(context, in);
        }
    }

    private void readLength(ChannelHandlerContext context, ByteBuf in) {
        length = (length << 8) | in.readUnsignedByte();
        lengthBytesRead++;
        if (lengthBytesRead == LENGTH_BYTES && (length < 1 || length > frameBytesMax)) {
            broken = true;
            counters.malformedInput();
            LOG.warn(
                    "connection closed, request length out of bounds: client={}, length={}, max={}",
                    context.channel().remoteAddress(),
                    length,
                    frameBytesMax);
            ChannelFuture _ = context.close();
        }
    }

    private void gather(ChannelHandlerContext context, ByteBuf in) {
        ByteBuf frame = partial;
        if (frame == null) {
            frame = context.alloc().ioBuffer(Math.min(length, FIRST_BYTES), length);
            partial = frame;
        }
        int count = Math.min(in.readableBytes(), length - frame.readableBytes());
        int needed = frame.readableBytes() + count;
        if (needed > frame.capacity()) {
            frame.capacity((int) Math.min(length, Math.max(needed, 2L * frame.capacity())));
        }
        frame.writeBytes(in, count);
        if (frame.readableBytes() == length) {
            partial = null;
            emit(context, frame);
        }
    }

    /// Bytes of memory held for a request that has not arrived whole.
    int partialCapacity() {
        return partial == null ? 0 : partial.capacity();
    }

    private void emit(ChannelHandlerContext context, ByteBuf frame) {
        lengthBytesRead = 0;
        length = 0;
        context.fireChannelRead(frame);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (!broken && lengthBytesRead > 0) {
            LOG.info(
                    "connection ended inside a request: client={}, declared={}, received={}",
                    context.channel().remoteAddress(),
                    lengthBytesRead < LENGTH_BYTES ? "unknown" : length,
                    partial == null ? 0 : partial.readableBytes());
        }
        context.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        broken = true;
        if (partial != null) {
            partial.release();
            partial = null;
        }
    }
}
