// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import io.varve.broker.log.ShardCommand.Barrier;
import io.varve.broker.log.ShardCommand.ChangeTopic;
import io.varve.broker.log.ShardCommand.ClosePartition;
import io.varve.broker.log.ShardCommand.MoveLogStart;
import io.varve.broker.log.ShardCommand.OpenPartition;
import io.varve.broker.log.ShardCommand.OpenRestored;
import io.varve.broker.log.ShardCommand.RaiseFloor;
import io.varve.broker.log.ShardCommand.SetArchived;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.VersionTooNewException;
import io.varve.manifest.state.BatchFacts;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.state.PartitionState.ManifestRef;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;

/// Bytes of a frame table, big-endian.
///
/// ```
/// table:   version 1 | writerTerm 8 | leaderTimeMs 8 | slices 4 | slice...
/// slice:   type 1 | ...
/// data:    id 20 | leaderEpoch 4 | position 4 | length 4 | batches 4 | batch 44...
/// batch:   baseOffset 8 | records 4 | bytes 4 | maxTimestampMs 8 | producerId 8 | epoch 2 | sequence 4 | flags 1 | kind 1 | coordinatorEpoch 4
/// id:      topic id 16 | partition 4          string: length 4 | UTF-8
/// ```
final class FrameTableCodec {
    private static final byte VERSION = 1;
    private static final int TABLE_HEADER_BYTES = 1 + 8 + 8 + 4;
    private static final int ID_BYTES = 20;
    private static final int BATCH_BYTES = 44;
    private static final int DATA_HEADER_BYTES = ID_BYTES + 16;

    private static final byte DATA = 0;
    private static final byte OPEN = 1;
    private static final byte CLOSE = 2;
    private static final byte CHANGE_TOPIC = 3;
    private static final byte MOVE_LOG_START = 4;
    private static final byte SET_ARCHIVED = 5;
    private static final byte RAISE_FLOOR = 6;
    private static final byte BARRIER = 7;
    private static final byte OPEN_RESTORED = 8;
    private static final int EPOCH_BYTES = 12;

    private FrameTableCodec() {}

    static ByteBuffer encode(FrameTable table) {
        int size = TABLE_HEADER_BYTES;
        for (Slice slice : table.slices()) {
            size += 1 + sizeOf(slice);
        }
        ByteBuffer out = ByteBuffer.allocate(size);
        out.put(VERSION)
                .putLong(table.writerTerm())
                .putLong(table.leaderTimeMs())
                .putInt(table.slices().size());
        table.slices().forEach(slice -> put(out, slice));
        return out.flip();
    }

    private static int sizeOf(Slice slice) {
        return switch (slice) {
            case DataSlice data -> DATA_HEADER_BYTES + BATCH_BYTES * data.batches().size();
            case CommandSlice(OpenPartition c) ->
                    ID_BYTES + sizeOf(c.topicName()) + sizeOf(c.topicRecordJson()) + 4 + 8;
            case CommandSlice(OpenRestored c) ->
                    ID_BYTES
                            + sizeOf(c.topicName())
                            + sizeOf(c.topicRecordJson())
                            + 4
                            + 8
                            + 8
                            + 4
                            + 8
                            + 4
                            + EPOCH_BYTES * c.epochs().size();
            case CommandSlice(ClosePartition c) -> ID_BYTES + sizeOf(c.reason());
            case CommandSlice(ChangeTopic c) -> ID_BYTES + sizeOf(c.topicRecordJson());
            case CommandSlice(MoveLogStart c) -> ID_BYTES + 8;
            case CommandSlice(SetArchived c) -> ID_BYTES + 8 + 4 + 8;
            case CommandSlice(RaiseFloor c) -> 16;
            case CommandSlice(Barrier c) -> 8;
        };
    }

    private static int sizeOf(String text) {
        return 4 + text.getBytes(StandardCharsets.UTF_8).length;
    }

    private static void put(ByteBuffer out, Slice slice) {
        switch (slice) {
            case DataSlice data -> putData(out, data);
            case CommandSlice(OpenPartition c) -> {
                putId(out.put(OPEN), c.id());
                putText(out, c.topicName());
                putText(out, c.topicRecordJson());
                out.putInt(c.baseEpoch()).putLong(c.startOffset());
            }
            case CommandSlice(OpenRestored c) -> putRestored(out, c);
            case CommandSlice(ClosePartition c) -> {
                putId(out.put(CLOSE), c.id());
                putText(out, c.reason());
            }
            case CommandSlice(ChangeTopic c) -> {
                putId(out.put(CHANGE_TOPIC), c.id());
                putText(out, c.topicRecordJson());
            }
            case CommandSlice(MoveLogStart c) -> {
                putId(out.put(MOVE_LOG_START), c.id());
                out.putLong(c.logStart());
            }
            case CommandSlice(SetArchived c) -> {
                putId(out.put(SET_ARCHIVED), c.id());
                out.putLong(c.archivedEnd())
                        .putInt(c.manifest().generation())
                        .putLong(c.manifest().version());
            }
            case CommandSlice(RaiseFloor c) ->
                    out.put(RAISE_FLOOR).putLong(c.endIndex()).putLong(c.term());
            case CommandSlice(Barrier c) -> out.put(BARRIER).putLong(c.tick());
        }
    }

    private static void putRestored(ByteBuffer out, OpenRestored c) {
        putId(out.put(OPEN_RESTORED), c.id());
        putText(out, c.topicName());
        putText(out, c.topicRecordJson());
        out.putInt(c.baseEpoch()).putLong(c.logStart()).putLong(c.endOffset());
        out.putInt(c.manifest().generation()).putLong(c.manifest().version());
        out.putInt(c.epochs().size());
        c.epochs().forEach(start -> out.putInt(start.epoch()).putLong(start.startOffset()));
    }

    private static OpenRestored restored(ByteBuffer in) {
        return new OpenRestored(
                id(in),
                text(in),
                text(in),
                in.getInt(),
                in.getLong(),
                in.getLong(),
                new ManifestRef(in.getInt(), in.getLong()),
                epochs(in));
    }

    private static List<EpochStart> epochs(ByteBuffer in) {
        int count = in.getInt();
        check(
                count >= 0 && count <= in.remaining() / EPOCH_BYTES,
                "epoch count does not fit: epochs=" + count);
        List<EpochStart> epochs = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            epochs.add(new EpochStart(in.getInt(), in.getLong()));
        }
        return epochs;
    }

    private static void putData(ByteBuffer out, DataSlice data) {
        putId(out.put(DATA), data.id());
        out.putInt(data.leaderEpoch()).putInt(data.position()).putInt(data.length());
        out.putInt(data.batches().size());
        for (BatchFacts batch : data.batches()) {
            out.putLong(batch.baseOffset()).putInt(batch.recordCount()).putInt(batch.sizeInBytes());
            out.putLong(batch.maxTimestampMs())
                    .putLong(batch.producerId())
                    .putShort(batch.producerEpoch());
            out.putInt(batch.baseSequence()).put((byte) (batch.transactional() ? 1 : 0));
            out.put(codeOf(batch.kind())).putInt(batch.coordinatorEpoch());
        }
    }

    private static void putId(ByteBuffer out, PartitionId id) {
        out.putLong(id.topicId().getMostSignificantBits())
                .putLong(id.topicId().getLeastSignificantBits())
                .putInt(id.partition());
    }

    private static void putText(ByteBuffer out, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        out.putInt(utf8.length).put(utf8);
    }

    static FrameTable decode(ByteBuffer bytes) {
        ByteBuffer in = bytes.slice();
        try {
            byte version = in.get();
            if (version > VERSION) {
                throw new VersionTooNewException("frame table", version, VERSION);
            }
            long writerTerm = in.getLong();
            long leaderTimeMs = in.getLong();
            int count = in.getInt();
            check(
                    count >= 0 && count <= in.remaining(),
                    "slice count does not fit: slices=" + count);
            List<Slice> slices = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                slices.add(slice(in));
            }
            check(!in.hasRemaining(), "bytes behind the last slice: bytes=" + in.remaining());
            return new FrameTable(writerTerm, leaderTimeMs, slices);
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            throw new CorruptObjectException(
                    "frame table is damaged: bytes=" + bytes.remaining(), e);
        }
    }

    private static Slice slice(ByteBuffer in) {
        byte type = in.get();
        return switch (type) {
            case DATA -> data(in);
            case OPEN ->
                    new CommandSlice(
                            new OpenPartition(
                                    id(in), text(in), text(in), in.getInt(), in.getLong()));
            case OPEN_RESTORED -> new CommandSlice(restored(in));
            case CLOSE -> new CommandSlice(new ClosePartition(id(in), text(in)));
            case CHANGE_TOPIC -> new CommandSlice(new ChangeTopic(id(in), text(in)));
            case MOVE_LOG_START -> new CommandSlice(new MoveLogStart(id(in), in.getLong()));
            case SET_ARCHIVED ->
                    new CommandSlice(
                            new SetArchived(
                                    id(in),
                                    in.getLong(),
                                    new ManifestRef(in.getInt(), in.getLong())));
            case RAISE_FLOOR -> new CommandSlice(new RaiseFloor(in.getLong(), in.getLong()));
            case BARRIER -> new CommandSlice(new Barrier(in.getLong()));
            default ->
                    throw new CorruptObjectException(
                            "frame table with a slice of no known type: type=" + type);
        };
    }

    private static DataSlice data(ByteBuffer in) {
        PartitionId id = id(in);
        int leaderEpoch = in.getInt();
        int position = in.getInt();
        int length = in.getInt();
        int count = in.getInt();
        check(
                count >= 0 && count <= in.remaining() / BATCH_BYTES,
                "batch count does not fit: batches=" + count);
        List<BatchFacts> batches = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            batches.add(batch(in));
        }
        return new DataSlice(id, leaderEpoch, position, length, batches);
    }

    private static BatchFacts batch(ByteBuffer in) {
        long baseOffset = in.getLong();
        int records = in.getInt();
        int bytes = in.getInt();
        long maxTimestampMs = in.getLong();
        long producerId = in.getLong();
        short producerEpoch = in.getShort();
        int sequence = in.getInt();
        boolean transactional = in.get() != 0;
        BatchFacts.Kind kind = kindOf(in.get());
        return new BatchFacts(
                baseOffset,
                records,
                bytes,
                maxTimestampMs,
                producerId,
                producerEpoch,
                sequence,
                transactional,
                kind,
                in.getInt());
    }

    private static byte codeOf(BatchFacts.Kind kind) {
        return switch (kind) {
            case DATA -> 0;
            case COMMIT_MARKER -> 1;
            case ABORT_MARKER -> 2;
        };
    }

    private static BatchFacts.Kind kindOf(byte code) {
        return switch (code) {
            case 0 -> BatchFacts.Kind.DATA;
            case 1 -> BatchFacts.Kind.COMMIT_MARKER;
            case 2 -> BatchFacts.Kind.ABORT_MARKER;
            default ->
                    throw new CorruptObjectException(
                            "frame table is damaged: batch of no known kind: kind=" + code);
        };
    }

    private static PartitionId id(ByteBuffer in) {
        return new PartitionId(new Uuid(in.getLong(), in.getLong()), in.getInt());
    }

    private static String text(ByteBuffer in) {
        int length = in.getInt();
        check(length >= 0 && length <= in.remaining(), "text does not fit: bytes=" + length);
        byte[] utf8 = new byte[length];
        in.get(utf8);
        return new String(utf8, StandardCharsets.UTF_8);
    }

    private static void check(boolean holds, String fact) {
        if (!holds) {
            throw new CorruptObjectException("frame table is damaged: " + fact);
        }
    }
}
