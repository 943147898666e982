// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.partition;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.VersionTooNewException;
import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.whole.JsonDocument;
import io.varve.manifest.whole.JsonFields;
import java.util.HexFormat;
import java.util.Locale;

/// A manifest version as a JSON document, version 1 (docs/formats/manifest-v1.md).
public final class ManifestCodec {
    private static final int VERSION = 1;
    private static final String FORMAT = "varve-manifest";
    private static final HexFormat HEX = HexFormat.of();

    private ManifestCodec() {}

    public static byte[] encode(PartitionManifest manifest) {
        ObjectNode node =
                JsonDocument.node()
                        .put("topicName", manifest.topicName())
                        .put("topicId", manifest.id().topicId().toString())
                        .put("partition", manifest.id().partition())
                        .put("generation", manifest.generation())
                        .put("version", manifest.version())
                        .put("rankIncarnation", manifest.rank().incarnation())
                        .put("rankTerm", manifest.rank().term());
        PartitionManifest.Previous previous = manifest.previous();
        if (previous != null) {
            node.putObject("previous")
                    .put("generation", previous.generation())
                    .put("version", previous.version())
                    .put("crc32c", HEX.toHexDigits(previous.crc()));
        }
        node.put("logStart", manifest.logStart()).put("archivedEnd", manifest.archivedEnd());
        ArrayNode entries = node.putArray("entries");
        manifest.entries().forEach(entry -> putEntry(entries.addObject(), entry));
        ArrayNode gaps = node.putArray("gaps");
        manifest.gaps()
                .forEach(gap ->
                        gaps.addObject()
                                .put("base", gap.baseOffset())
                                .put("end", gap.endOffset())
                                .put("reason", gap.reason().name().toLowerCase(Locale.ROOT)));
        ArrayNode epochs = node.putArray("epochs");
        manifest.epochStarts()
                .forEach(epoch ->
                        epochs.addObject()
                                .put("epoch", epoch.epoch())
                                .put("start", epoch.startOffset()));
        ArrayNode doomed = node.putArray("doomed");
        manifest.doomed()
                .forEach(object ->
                        doomed.addObject()
                                .put("key", object.key())
                                .put("bytes", object.bytes())
                                .put("reason", object.reason())
                                .put("deleteAfterMs", object.deleteAfterMs()));
        return JsonDocument.write(FORMAT, VERSION, node);
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

    /// @param object the key, for messages
    /// @throws CorruptObjectException no whole manifest, or one whose invariants do not hold
    /// @throws VersionTooNewException intact, but of a later version
    public static PartitionManifest decode(byte[] bytes, String object) {
        JsonFields in = JsonDocument.read(bytes, object, FORMAT, VERSION);
        PartitionManifest manifest = in.finish(() -> fromFields(in));
        try {
            ManifestInvariants.check(manifest);
        } catch (IllegalStateException e) {
            throw new CorruptObjectException(
                    "bad manifest: object=" + object + ", " + e.getMessage(), e);
        }
        return manifest;
    }

    private static PartitionManifest fromFields(JsonFields in) {
        int generation = in.i32("generation");
        return new PartitionManifest(
                in.text("topicName"),
                new PartitionId(in.uuid("topicId"), in.i32("partition")),
                generation,
                in.i64("version"),
                new ManifestRank(generation, in.i32("rankIncarnation"), in.i64("rankTerm")),
                in.optionalInner(
                                "previous",
                                link ->
                                        new PartitionManifest.Previous(
                                                link.i32("generation"),
                                                link.i64("version"),
                                                link.hex32("crc32c")))
                        .orElse(null),
                in.i64("logStart"),
                in.i64("archivedEnd"),
                in.list("entries", ManifestCodec::entry),
                in.list("gaps", row -> new Gap(row.i64("base"), row.i64("end"), reason(row))),
                in.list(
                        "doomed",
                        row ->
                                new DoomedObject(
                                        row.text("key"),
                                        row.i64("bytes"),
                                        row.text("reason"),
                                        row.i64("deleteAfterMs"))),
                in.list("epochs", row -> new EpochStart(row.i32("epoch"), row.i64("start"))));
    }

    private static SegmentEntry entry(JsonFields row) {
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

    private static Gap.Reason reason(JsonFields row) {
        return Gap.Reason.valueOf(row.text("reason").toUpperCase(Locale.ROOT));
    }

    /// The checksum of the document of a manifest: what the next version names.
    public static int crc(PartitionManifest manifest) {
        return JsonDocument.crc(encode(manifest));
    }
}
