// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.partition;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.manifest.whole.JsonFields;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/// Rows of manifests and of their pages: segments, gaps, and pages themselves. Stateless.
final class RowCodec {
    private static final HexFormat HEX = HexFormat.of();

    private RowCodec() {}

    static void putRows(ObjectNode node, List<SegmentEntry> entries, List<Gap> gaps) {
        ArrayNode entryRows = node.putArray("entries");
        entries.forEach(entry -> putEntry(entryRows.addObject(), entry));
        ArrayNode gapRows = node.putArray("gaps");
        gaps.forEach(gap ->
                gapRows.addObject()
                        .put("base", gap.baseOffset())
                        .put("end", gap.endOffset())
                        .put("reason", gap.reason().name().toLowerCase(Locale.ROOT)));
    }

    private static void putEntry(ObjectNode row, SegmentEntry entry) {
        row.put("base", entry.baseOffset())
                .put("end", entry.endOffset())
                .put("objectEnd", entry.objectEndOffset())
                .put("generation", entry.generation())
                .put("madeFor", entry.madeForVersion())
                .put("random", HEX.toHexDigits(entry.random()))
                .put("bytes", entry.bytes())
                .put("maxTimestampMs", entry.maxTimestampMs())
                .put("records", entry.recordCount())
                .put("indexCrc", HEX.toHexDigits(entry.indexCrc()))
                .put("compacted", entry.compacted());
    }

    static SegmentEntry entry(JsonFields row) {
        return new SegmentEntry(
                row.i64("base"),
                row.i64("end"),
                row.i64("objectEnd"),
                row.i32("generation"),
                row.i64("madeFor"),
                row.hex64("random"),
                row.i64("bytes"),
                row.i64("maxTimestampMs"),
                row.i64("records"),
                row.hex32("indexCrc"),
                row.flag("compacted"));
    }

    static Gap gap(JsonFields row) {
        return new Gap(
                row.i64("base"),
                row.i64("end"),
                Gap.Reason.valueOf(row.text("reason").toUpperCase(Locale.ROOT)));
    }

    static void putPage(ObjectNode row, PageRef page) {
        row.put("base", page.baseOffset())
                .put("end", page.endOffset())
                .put("random", HEX.toHexDigits(page.random()))
                .put("bytes", page.bytes())
                .put("crc32c", HEX.toHexDigits(page.crc()))
                .put("segments", page.segments())
                .put("segmentBytes", page.segmentBytes())
                .put("records", page.records())
                .put("maxTimestampMs", page.maxTimestampMs());
    }

    static PageRef page(JsonFields row) {
        return new PageRef(
                row.i64("base"),
                row.i64("end"),
                row.hex64("random"),
                row.i64("bytes"),
                row.hex32("crc32c"),
                row.i32("segments"),
                row.i64("segmentBytes"),
                row.i64("records"),
                row.i64("maxTimestampMs"));
    }
}
