// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.checkpoint;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.VersionTooNewException;
import io.varve.manifest.codec.ByteReader;
import io.varve.manifest.codec.ByteWriter;
import io.varve.manifest.codec.StateCodec;
import io.varve.manifest.state.PartitionState;
import io.varve.manifest.state.PartitionState.ManifestRef;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// A shard's checkpoint as bytes, version 1 (docs/formats/checkpoint-v1.md). The same in the bucket
/// and on disk.
///
/// ```
/// "VRVCKPT1" | version 2 | flags 2 | body length 4 | body | CRC32C 4 of everything before
/// ```
///
/// This frame is the same in every version.
public final class CheckpointCodec {
    static final int VERSION = 1;
    private static final byte[] MAGIC = "VRVCKPT1".getBytes(StandardCharsets.US_ASCII);
    private static final int HEAD_BYTES = 16;
    private static final int CRC_BYTES = 4;

    private static final int PARTITION_BYTES_MIN = 80;
    private static final int CLOSED_BYTES_MIN = 32;
    private static final int JOURNAL_BYTES_MIN = 28;
    private static final int DOOMED_BYTES_MIN = 24;

    private CheckpointCodec() {}

    public static byte[] encode(ShardCheckpoint checkpoint) {
        ByteWriter body = body(checkpoint);
        ByteWriter out = new ByteWriter();
        out.raw(MAGIC).i16(VERSION).i16(0).bytes(body.toArray());
        out.i32(out.crc32c());
        return out.toArray();
    }

    private static ByteWriter body(ShardCheckpoint checkpoint) {
        ByteWriter out = new ByteWriter();
        out.text(checkpoint.clusterId());
        StateCodec.writeShard(out, checkpoint.shard());
        out.i64(checkpoint.endIndex()).i64(checkpoint.lastTerm()).i64(checkpoint.lastFrameTimeMs());
        out.list(checkpoint.partitions(), partition -> writePartition(out, partition));
        out.list(
                checkpoint.closed(),
                closed -> {
                    StateCodec.writePartition(out, closed.id());
                    out.text(closed.topicName()).i64(closed.closedAtMs());
                });
        out.list(
                checkpoint.journals(),
                journal ->
                        out.text(journal.key())
                                .i64(journal.firstIndex())
                                .i64(journal.endIndex())
                                .i64(journal.bytes()));
        out.list(
                checkpoint.doomed(),
                doomed ->
                        out.text(doomed.key())
                                .i64(doomed.bytes())
                                .text(doomed.reason())
                                .i64(doomed.deleteAfterMs()));
        out.list(checkpoint.metadata(), out::bytes);
        return out;
    }

    private static void writePartition(ByteWriter out, PartitionState state) {
        StateCodec.writePartition(out, state.id());
        out.text(state.topicName())
                .text(state.topicRecord())
                .i32(state.baseEpoch())
                .i64(state.logStart())
                .i64(state.archivedEnd())
                .i64(state.highWatermark())
                .i32(state.manifest().generation())
                .i64(state.manifest().version());
        StateCodec.writeEpochs(out, state.epochs());
        StateCodec.writeAborted(out, state.aborted());
        StateCodec.writeProducers(out, state.producers());
    }

    /// @param object the key or file, for messages
    /// @throws CorruptObjectException not a whole checkpoint
    /// @throws VersionTooNewException intact, but of a later version
    public static ShardCheckpoint decode(ByteBuffer bytes, String object) {
        if (bytes.remaining() < HEAD_BYTES + CRC_BYTES) {
            throw new CorruptObjectException(
                    "checkpoint cut short: object=" + object + ", bytes=" + bytes.remaining());
        }
        ByteBuffer covered = bytes.slice(bytes.position(), bytes.remaining() - CRC_BYTES);
        int crc = bytes.getInt(bytes.limit() - CRC_BYTES);
        ByteReader in = new ByteReader(covered, object);
        if (crc != ByteReader.crc32c(covered)
                || !ByteBuffer.wrap(MAGIC).equals(covered.slice(0, MAGIC.length))) {
            throw in.corrupt("checkpoint checksum or magic mismatch: bytes=" + bytes.remaining());
        }
        in.i64();
        int version = in.i16();
        int flags = in.i16();
        if (version > VERSION) {
            throw new VersionTooNewException(object, version, VERSION);
        }
        if (version != VERSION || flags != 0 || in.i32() != covered.remaining() - HEAD_BYTES) {
            throw in.corrupt("bad checkpoint head: version=" + version + ", flags=" + flags);
        }
        try {
            ShardCheckpoint checkpoint = readBody(in);
            in.end();
            return checkpoint;
        } catch (IllegalArgumentException e) {
            throw new CorruptObjectException(
                    "bad checkpoint: object=" + object + ", " + e.getMessage(), e);
        }
    }

    private static ShardCheckpoint readBody(ByteReader in) {
        String clusterId = in.text();
        ShardId shard = StateCodec.readShard(in);
        return new ShardCheckpoint(
                clusterId,
                shard,
                in.i64(),
                in.i64(),
                in.i64(),
                in.list(PARTITION_BYTES_MIN, () -> readPartition(in)),
                in.list(
                        CLOSED_BYTES_MIN,
                        () -> {
                            PartitionId id = StateCodec.readPartition(in);
                            return new ShardCheckpoint.ClosedPartition(id, in.text(), in.i64());
                        }),
                in.list(
                        JOURNAL_BYTES_MIN,
                        () -> new JournalRef(in.text(), in.i64(), in.i64(), in.i64())),
                in.list(
                        DOOMED_BYTES_MIN,
                        () -> new DoomedObject(in.text(), in.i64(), in.text(), in.i64())),
                in.list(Integer.BYTES, in::bytes));
    }

    private static PartitionState readPartition(ByteReader in) {
        PartitionId id = StateCodec.readPartition(in);
        return new PartitionState(
                id,
                in.text(),
                in.text(),
                in.i32(),
                in.i64(),
                in.i64(),
                in.i64(),
                new ManifestRef(in.i32(), in.i64()),
                StateCodec.readEpochs(in),
                StateCodec.readAborted(in),
                StateCodec.readProducers(in));
    }
}
