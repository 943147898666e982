// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import io.varve.manifest.PartitionId;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/// Bytes of an index file, big-endian; see docs/formats/shard-log-dir-v1.md.
///
/// ```
/// header 64:    magic 8 "VARVEDIR" | version 4 | crc32c 4 (of all that follows) | identity 8
///                 | lowest index 8 | highest index 8 | end of frames 8
///                 | entries 4 | partitions 4 | rows 4 | bytes of kept sets 4
/// entry 40:     index 8 | term 8 | position 8 (0: no frame) | table length 4 | body length 4
///                 | kept set at 4 (-1: all slices) | zeros 4
/// partition 56: topic id 16 | partition 4 | first row 4 | rows 4 | zeros 4 | bytes 8
///                 | max timestamp 8 | run start 8
/// row 40:       base offset 8 | end offset 8 | max timestamp 8 | position 8 | length 4 | zeros 4
/// kept set:     length 2 | bits
/// ```
final class IndexFileCodec {
    static final long MAGIC = 0x5641525645444952L;
    static final int VERSION = 1;
    static final int HEADER_BYTES = 64;
    static final int CRC_AT = 12;
    static final int COVERED_AT = 16;
    static final int ENTRY_BYTES = 40;
    static final int PARTITION_BYTES = 56;
    static final int ROW_BYTES = 40;
    static final int ALL_KEPT = -1;

    private IndexFileCodec() {}

    /// @param identity of the file that is described
    /// @param lowestIndex, highestIndex of all its frames, dead ones included
    /// @param endPosition behind its last frame
    record Facts(long identity, long lowestIndex, long highestIndex, long endPosition) {}

    static ByteBuffer encode(Facts facts, OpenIndex index) {
        List<PartitionId> partitions = index.partitions();
        int entries = index.entryCount();
        int rowCount = 0;
        for (PartitionId id : partitions) {
            rowCount += index.rows(id).orElseThrow().count();
        }
        Map<Long, byte[]> kept = keptSets(index, entries);
        int keptBytes = kept.values().stream().mapToInt(bits -> 2 + bits.length).sum();
        long size =
                HEADER_BYTES
                        + (long) entries * ENTRY_BYTES
                        + (long) partitions.size() * PARTITION_BYTES
                        + (long) rowCount * ROW_BYTES
                        + keptBytes;
        ByteBuffer out = ByteBuffer.allocate(Math.toIntExact(size));
        out.putLong(MAGIC).putInt(VERSION).putInt(0).putLong(facts.identity());
        out.putLong(facts.lowestIndex()).putLong(facts.highestIndex());
        out.putLong(facts.endPosition());
        out.putInt(entries).putInt(partitions.size()).putInt(rowCount).putInt(keptBytes);
        putEntries(out, index, entries, kept);
        putPartitions(out, index, partitions);
        for (PartitionId id : partitions) {
            putRows(out, index.rows(id).orElseThrow());
        }
        for (int at = 0; at < entries; at++) {
            byte[] bits = kept.get(index.indexAt(at));
            if (bits != null) {
                out.putShort((short) bits.length).put(bits);
            }
        }
        out.flip();
        CRC32C crc = new CRC32C();
        crc.update(out.slice(COVERED_AT, out.limit() - COVERED_AT));
        return out.putInt(CRC_AT, (int) crc.getValue());
    }

    private static Map<Long, byte[]> keptSets(OpenIndex index, int entries) {
        Map<Long, byte[]> sets = new HashMap<>();
        for (int at = 0; at < entries; at++) {
            BitSet kept = index.entry(at).kept();
            if (kept != null) {
                sets.put(index.indexAt(at), kept.toByteArray());
            }
        }
        return sets;
    }

    private static void putEntries(
            ByteBuffer out, OpenIndex index, int entries, Map<Long, byte[]> kept) {
        int keptAt = 0;
        for (int at = 0; at < entries; at++) {
            FileIndex.Entry entry = index.entry(at);
            FrameLocation frame = entry.frame();
            out.putLong(entry.index()).putLong(entry.term());
            out.putLong(frame == null ? 0 : frame.position());
            out.putInt(frame == null ? 0 : frame.tableLength());
            out.putInt(frame == null ? 0 : frame.bodyLength());
            byte[] bits = kept.get(entry.index());
            out.putInt(bits == null ? ALL_KEPT : keptAt).putInt(0);
            keptAt += bits == null ? 0 : 2 + bits.length;
        }
    }

    private static void putPartitions(
            ByteBuffer out, OpenIndex index, List<PartitionId> partitions) {
        int firstRow = 0;
        for (PartitionId id : partitions) {
            Rows rows = index.rows(id).orElseThrow();
            out.putLong(id.topicId().getMostSignificantBits());
            out.putLong(id.topicId().getLeastSignificantBits());
            out.putInt(id.partition()).putInt(firstRow).putInt(rows.count()).putInt(0);
            out.putLong(rows.bytes()).putLong(rows.maxTimestampMs()).putLong(rows.runStart());
            firstRow += rows.count();
        }
    }

    private static void putRows(ByteBuffer out, Rows rows) {
        for (int row = 0; row < rows.count(); row++) {
            out.putLong(rows.baseOffset(row)).putLong(rows.endOffset(row));
            out.putLong(rows.maxTimestampMs(row)).putLong(rows.position(row));
            out.putInt(rows.length(row)).putInt(0);
        }
    }
}
