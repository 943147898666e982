// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.pack;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.VersionTooNewException;
import io.varve.manifest.codec.ByteReader;
import io.varve.manifest.codec.ByteWriter;
import io.varve.manifest.codec.StateCodec;
import io.varve.manifest.pack.PackSection.SparsePoint;
import io.varve.manifest.state.PartitionState.ManifestRef;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Index and trailer of a pack as bytes, version 1 (docs/formats/pack-v1.md).
///
/// ```
/// "VRVPACK1" | sections | index | trailer: index position 8 | index length 4 | index CRC 4 | version 2 | flags 2 | trailer CRC 4 | "VRVPACK1"
/// ```
///
/// The trailer has this form in every version, so that a reader can always tell "too new" from
/// "damaged".
final class PackCodec {
    static final int VERSION = 1;
    static final int TRAILER_BYTES = 32;
    private static final byte[] MAGIC = "VRVPACK1".getBytes(StandardCharsets.US_ASCII);
    static final int MAGIC_BYTES = 8;
    private static final int TRAILER_CRC_AT = 20;

    private static final int SECTION_BYTES_MIN = 114;
    private static final int FACT_BYTES_MIN = 5;
    private static final int SPARSE_POINT_BYTES = 24;

    private static final int OPENED = 1;
    private static final int TOPIC_CHANGED = 2;
    private static final int LOG_START_MOVED = 3;
    private static final int CLOSED = 4;
    private static final int ADOPTED = 5;

    private PackCodec() {}

    /// The trailer's contents.
    record Trailer(long indexPosition, int indexLength, int indexCrc) {}

    static ByteBuffer magic() {
        return ByteBuffer.wrap(MAGIC.clone());
    }

    static void checkMagic(ByteBuffer head, String object) {
        if (!head.slice(head.position(), MAGIC_BYTES).equals(magic())) {
            throw new CorruptObjectException(
                    "pack does not begin with its magic: object=" + object);
        }
    }

    static ByteWriter writeIndex(PackFacts facts, List<PackSection> sections) {
        ByteWriter out = new ByteWriter();
        out.u8(kindCode(facts.kind())).text(facts.clusterId());
        StateCodec.writeShard(out, facts.shard());
        out.i64(facts.firstIndex())
                .i64(facts.endIndex())
                .i64(facts.firstTerm())
                .i64(facts.lastTerm())
                .i64(facts.barrierTick())
                .text(facts.writer())
                .i64(facts.createdAtMs());
        out.list(sections, section -> writeSection(out, section));
        return out;
    }

    private static void writeSection(ByteWriter out, PackSection section) {
        out.i16(0);
        StateCodec.writePartition(out, section.partition());
        out.text(section.topicName())
                .i64(section.baseOffset())
                .i64(section.endOffset())
                .i64(section.firstTimestampMs())
                .i64(section.maxTimestampMs())
                .i64(section.position())
                .i64(section.length())
                .i32(section.batchCount())
                .i64(section.recordCount());
        StateCodec.writeEpochs(out, section.epochs());
        StateCodec.writeAborted(out, section.aborted());
        StateCodec.writeProducers(out, section.producers());
        out.list(section.facts(), fact -> writeFact(out, fact));
        out.list(
                section.sparseIndex(),
                point -> out.i64(point.offset()).i64(point.maxTimestampMs()).i64(point.position()));
        out.i32(section.chunkBytes());
        out.list(section.chunkCrcs(), out::i32);
    }

    private static void writeFact(ByteWriter out, ControlFact fact) {
        switch (fact) {
            case ControlFact.Opened opened ->
                    out.u8(OPENED)
                            .i64(opened.startOffset())
                            .i32(opened.baseEpoch())
                            .text(opened.topicRecord());
            case ControlFact.TopicChanged changed ->
                    out.u8(TOPIC_CHANGED).text(changed.topicRecord());
            case ControlFact.LogStartMoved moved -> out.u8(LOG_START_MOVED).i64(moved.logStart());
            case ControlFact.Adopted adopted -> {
                out.u8(ADOPTED)
                        .i64(adopted.logStart())
                        .i32(adopted.manifest().generation())
                        .i64(adopted.manifest().version());
                StateCodec.writeEpochs(out, adopted.epochs());
            }
            case ControlFact.Closed closed ->
                    out.u8(CLOSED).i64(closed.endOffset()).text(closed.reason());
        }
    }

    /// @param indexPosition bytes in front of the index
    static ByteBuffer writeTrailer(long indexPosition, int indexLength, int indexCrc) {
        ByteWriter out = new ByteWriter();
        out.i64(indexPosition).i32(indexLength).i32(indexCrc).i16(VERSION).i16(0);
        out.i32(out.crc32c()).raw(MAGIC);
        return out.written();
    }

    /// Reads a trailer from the last bytes of an object.
    ///
    /// @throws CorruptObjectException the object ends otherwise, or the trailer contradicts the
    ///   object's size
    /// @throws VersionTooNewException the trailer is intact and names a later version
    static Trailer readTrailer(ByteBuffer tail, long objectBytes, String object) {
        if (tail.remaining() < TRAILER_BYTES || objectBytes < MAGIC_BYTES + TRAILER_BYTES) {
            throw new CorruptObjectException(
                    "pack cut short: object=" + object + ", bytes=" + objectBytes);
        }
        ByteBuffer trailer = tail.slice(tail.limit() - TRAILER_BYTES, TRAILER_BYTES);
        if (!trailer.slice(TRAILER_BYTES - MAGIC_BYTES, MAGIC_BYTES).equals(magic())) {
            throw new CorruptObjectException(
                    "pack does not end with its magic: object="
                            + object
                            + ", bytes="
                            + objectBytes);
        }
        ByteReader in = new ByteReader(trailer, object);
        Trailer read = new Trailer(in.i64(), in.i32(), in.i32());
        int version = in.i16();
        int flags = in.i16();
        if (in.i32() != ByteReader.crc32c(trailer.slice(0, TRAILER_CRC_AT))) {
            throw in.corrupt("pack trailer crc mismatch: bytes=" + objectBytes);
        }
        if (version > VERSION) {
            throw new VersionTooNewException(object, version, VERSION);
        }
        if (version != VERSION || flags != 0) {
            throw in.corrupt("bad pack version: version=" + version + ", flags=" + flags);
        }
        long end = read.indexPosition() + read.indexLength() + TRAILER_BYTES;
        if (read.indexPosition() < MAGIC_BYTES || read.indexLength() < 0 || end != objectBytes) {
            throw in.corrupt(
                    "pack trailer contradicts the size: bytes="
                            + objectBytes
                            + ", trailer="
                            + read);
        }
        return read;
    }

    /// @throws CorruptObjectException CRC, a field or an invariant is wrong
    static PackIndex readIndex(ByteBuffer bytes, Trailer trailer, long objectBytes, String object) {
        ByteReader in = new ByteReader(bytes, object);
        if (ByteReader.crc32c(bytes) != trailer.indexCrc()) {
            throw in.corrupt("pack index crc mismatch: bytes=" + bytes.remaining());
        }
        try {
            PackFacts facts = readFacts(in);
            List<PackSection> sections = in.list(SECTION_BYTES_MIN, () -> readSection(in));
            in.end();
            checkCover(sections, trailer.indexPosition(), in);
            return new PackIndex(facts, sections, trailer.indexCrc(), objectBytes);
        } catch (IllegalArgumentException e) {
            throw new CorruptObjectException(
                    "bad pack index: object=" + object + ", " + e.getMessage(), e);
        }
    }

    private static void checkCover(List<PackSection> sections, long indexPosition, ByteReader in) {
        long position = MAGIC_BYTES;
        for (PackSection section : sections) {
            if (section.position() != position) {
                throw in.corrupt(
                        "pack sections are not adjacent: partition="
                                + section.partition()
                                + ", position="
                                + section.position()
                                + ", expected="
                                + position);
            }
            position += section.length();
        }
        if (position != indexPosition) {
            throw in.corrupt(
                    "pack sections do not reach the index: end="
                            + position
                            + ", index="
                            + indexPosition);
        }
    }

    private static PackFacts readFacts(ByteReader in) {
        PackKind kind = kindOf(in.u8(), in);
        String clusterId = in.text();
        ShardId shard = StateCodec.readShard(in);
        return new PackFacts(
                kind, clusterId, shard, in.i64(), in.i64(), in.i64(), in.i64(), in.i64(), in.text(),
                in.i64());
    }

    private static PackSection readSection(ByteReader in) {
        int flags = in.i16();
        if (flags != 0) {
            throw in.corrupt("unknown section flags: flags=" + flags);
        }
        PartitionId partition = StateCodec.readPartition(in);
        return new PackSection(
                partition,
                in.text(),
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                in.i32(),
                in.i64(),
                StateCodec.readEpochs(in),
                StateCodec.readAborted(in),
                StateCodec.readProducers(in),
                in.list(FACT_BYTES_MIN, () -> readFact(in)),
                in.list(SPARSE_POINT_BYTES, () -> new SparsePoint(in.i64(), in.i64(), in.i64())),
                in.i32(),
                in.list(Integer.BYTES, in::i32));
    }

    private static ControlFact readFact(ByteReader in) {
        int code = in.u8();
        return switch (code) {
            case OPENED -> new ControlFact.Opened(in.i64(), in.i32(), in.text());
            case TOPIC_CHANGED -> new ControlFact.TopicChanged(in.text());
            case LOG_START_MOVED -> new ControlFact.LogStartMoved(in.i64());
            case ADOPTED ->
                    new ControlFact.Adopted(
                            in.i64(),
                            new ManifestRef(in.i32(), in.i64()),
                            StateCodec.readEpochs(in));
            case CLOSED -> new ControlFact.Closed(in.i64(), in.text());
            default -> throw in.corrupt("unknown control fact: code=" + code);
        };
    }

    private static int kindCode(PackKind kind) {
        return switch (kind) {
            case JOURNAL -> 1;
            case END -> 2;
            case ROLL_UP -> 3;
            case SEGMENT -> 4;
        };
    }

    private static PackKind kindOf(int code, ByteReader in) {
        return switch (code) {
            case 1 -> PackKind.JOURNAL;
            case 2 -> PackKind.END;
            case 3 -> PackKind.ROLL_UP;
            case 4 -> PackKind.SEGMENT;
            default -> throw in.corrupt("unknown pack kind: code=" + code);
        };
    }
}
