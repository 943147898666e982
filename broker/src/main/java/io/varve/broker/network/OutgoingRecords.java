// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.network;

import io.netty.buffer.Unpooled;
import io.netty.channel.DefaultFileRegion;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.RecordsSend;

/// Record batches on their way to a client, as parts that go out one after the other without a
/// copy: buffers, and slices of files (sent by the kernel). A hook runs once when no file is read
/// any more, whether the bytes were sent or not.
///
/// Whoever makes one hands it to a response, or calls [#release()]. Thread-safe.
public final class OutgoingRecords implements BaseRecords {
    /// A piece of the bytes.
    public sealed interface Part {
        int length();
    }

    /// Bytes in memory that live as long as somebody refers to them (nobody writes to them any
    /// more).
    public record BufferPart(ByteBuffer bytes) implements Part {
        @Override
        public int length() {
            return bytes.remaining();
        }
    }

    /// Bytes of a file. The channel is shared: it is never closed here, and the hook tells when it
    /// is no longer used.
    public record FilePart(FileChannel channel, long position, int length) implements Part {
        public FilePart {
            if (position < 0 || length < 0) {
                throw new IllegalArgumentException(
                        "bad file part: position=" + position + ", length=" + length);
            }
        }
    }

    private final List<Part> parts;
    private final int sizeBytes;
    private final Runnable onReleased;
    private final AtomicBoolean taken = new AtomicBoolean();
    private final AtomicInteger unreleased;

    public OutgoingRecords(List<? extends Part> parts, Runnable onReleased) {
        this.parts = List.copyOf(parts);
        this.onReleased = onReleased;
        this.sizeBytes = Math.toIntExact(this.parts.stream().mapToLong(Part::length).sum());
        // One more than the file parts: held by the owner until it gives the parts away or releases
        // them.
        this.unreleased = new AtomicInteger(1);
    }

    /// Bytes in memory, with no hook.
    public static OutgoingRecords ofBuffers(List<ByteBuffer> buffers) {
        return new OutgoingRecords(buffers.stream().map(BufferPart::new).toList(), () -> {});
    }

    @Override
    public int sizeInBytes() {
        return sizeBytes;
    }

    public List<Part> parts() {
        return parts;
    }

    /// Gives up records that will not be sent. Does nothing when they were sent or released before.
    public void release() {
        if (taken.compareAndSet(false, true)) {
            releaseOne();
        }
    }

    /// Not used: Kafka's own network layer would call it.
    @Override
    public RecordsSend<? extends BaseRecords> toSend() {
        throw new UnsupportedOperationException("records are sent by Netty");
    }

    /// The parts as Netty's objects, each with one reference that the caller gives up; works once.
    List<Object> takePieces() {
        if (!taken.compareAndSet(false, true)) {
            throw new IllegalStateException(
                    "records were sent or released before: size=" + sizeBytes);
        }
        List<Object> pieces = new ArrayList<>(parts.size());
        for (Part part : parts) {
            switch (part) {
                case BufferPart buffer -> pieces.add(Unpooled.wrappedBuffer(buffer.bytes()));
                case FilePart file when file.length() > 0 -> {
                    unreleased.incrementAndGet();
                    pieces.add(new SharedFileRegion(file));
                }
                case FilePart _ -> {}
            }
        }
        releaseOne();
        return pieces;
    }

    private void releaseOne() {
        if (unreleased.decrementAndGet() == 0) {
            onReleased.run();
        }
    }

    /// Netty's region closes its channel when released; this one leaves it open, because all
    /// readers of a file share it. Still a [DefaultFileRegion], which is what the native transport
    /// sends with sendfile.
    private final class SharedFileRegion extends DefaultFileRegion {
        SharedFileRegion(FilePart part) {
            super(part.channel(), part.position(), part.length());
        }

        @Override
        protected void deallocate() {
            releaseOne();
        }
    }
}
