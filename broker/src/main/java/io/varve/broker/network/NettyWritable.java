// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.network;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.util.ReferenceCountUtil;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.MessageSizeAccumulator;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.Writable;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.ResponseHeader;

/// Writes a response as a list of Netty's objects: pooled buffers for the fields, records as they
/// are. The job of Kafka's own `SendBuilder`. Owner: the event loop that encodes.
final class NettyWritable implements Writable {
    private static final int LENGTH_BYTES = 4;

    private final List<Object> pieces = new ArrayList<>();
    private final ByteBuf fields;
    private int flushed;

    private NettyWritable(ByteBuf fields) {
        this.fields = fields;
    }

    /// The response with its length and header. The caller gives up one reference of each piece.
    /// Records of the response are given away or released in any case.
    static List<Object> encode(
            ResponseHeader header,
            AbstractResponse response,
            short version,
            ByteBufAllocator allocator) {
        NettyWritable writable = null;
        boolean done = false;
        try {
            ObjectSerializationCache cache = new ObjectSerializationCache();
            MessageSizeAccumulator sizes = new MessageSizeAccumulator();
            header.data().addSize(sizes, cache, header.headerVersion());
            response.data().addSize(sizes, cache, version);
            writable =
                    new NettyWritable(
                            allocator.ioBuffer(sizes.sizeExcludingZeroCopy() + LENGTH_BYTES));
            writable.writeInt(sizes.totalSize());
            header.data().write(writable, cache, header.headerVersion());
            response.data().write(writable, cache, version);
            writable.flushFields();
            done = true;
            return writable.pieces;
        } finally {
            if (writable != null) {
                writable.fields.release();
                if (!done) {
                    writable.pieces.forEach(ReferenceCountUtil::release);
                }
            }
            if (!done) {
                releaseRecords(response);
            }
        }
    }

    /// Gives up the records of a response that will not be sent.
    static void releaseRecords(AbstractResponse response) {
        if (response instanceof FetchResponse fetch) {
            fetch.data()
                    .responses()
                    .forEach(topic ->
                            topic.partitions()
                                    .forEach(partition -> {
                                        if (partition.records()
                                                instanceof OutgoingRecords records) {
                                            records.release();
                                        }
                                    }));
        }
    }

    static long sizeOf(List<Object> pieces) {
        long bytes = 0;
        for (Object piece : pieces) {
            bytes +=
                    switch (piece) {
                        case ByteBuf buffer -> buffer.readableBytes();
                        case io.netty.channel.FileRegion region -> region.count();
                        default ->
                                throw new IllegalStateException("not a piece: " + piece.getClass());
                    };
        }
        return bytes;
    }

    private void flushFields() {
        int end = fields.writerIndex();
        if (end > flushed) {
            pieces.add(fields.retainedSlice(flushed, end - flushed));
            flushed = end;
        }
    }

    @Override
    public void writeByte(byte value) {
        fields.writeByte(value);
    }

    @Override
    public void writeShort(short value) {
        fields.writeShort(value);
    }

    @Override
    public void writeInt(int value) {
        fields.writeInt(value);
    }

    @Override
    public void writeLong(long value) {
        fields.writeLong(value);
    }

    @Override
    public void writeDouble(double value) {
        fields.writeDouble(value);
    }

    @Override
    public void writeByteArray(byte[] value) {
        fields.writeBytes(value);
    }

    @Override
    public void writeUnsignedVarint(int value) {
        int rest = value;
        while ((rest & 0xffffff80) != 0) {
            fields.writeByte((rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        fields.writeByte(rest);
    }

    @Override
    public void writeVarint(int value) {
        writeUnsignedVarint((value << 1) ^ (value >> 31));
    }

    @Override
    public void writeVarlong(long value) {
        long rest = (value << 1) ^ (value >> 63);
        while ((rest & 0xffffffffffffff80L) != 0) {
            fields.writeByte((int) (rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        fields.writeByte((int) rest);
    }

    @Override
    public void writeByteBuffer(ByteBuffer value) {
        flushFields();
        pieces.add(Unpooled.wrappedBuffer(value));
    }

    @Override
    public void writeRecords(BaseRecords value) {
        switch (value) {
            case MemoryRecords memory -> writeByteBuffer(memory.buffer());
            case OutgoingRecords outgoing -> {
                flushFields();
                pieces.addAll(outgoing.takePieces());
            }
            default ->
                    throw new UnsupportedOperationException(
                            "unknown kind of records: " + value.getClass());
        }
    }
}
