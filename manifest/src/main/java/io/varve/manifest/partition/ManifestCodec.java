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
import java.util.List;

/// A manifest version as a JSON document (docs/formats/manifest-v1.md): of format version 1 when it
/// has no pages, else of 2. So a manifest that was read gives the same bytes again, and its
/// checksum.
public final class ManifestCodec {
    private static final int WITHOUT_PAGES = 1;
    private static final int WITH_PAGES = 2;
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
        boolean paged = isPaged(manifest);
        if (paged) {
            ArrayNode pages = node.putArray("pages");
            manifest.pages().forEach(page -> RowCodec.putPage(pages.addObject(), page));
        }
        RowCodec.putRows(node, manifest.entries(), manifest.gaps());
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
        if (paged) {
            ArrayNode doomedPages = node.putArray("doomedPages");
            manifest.doomedPages()
                    .forEach(page -> {
                        ObjectNode row = doomedPages.addObject();
                        RowCodec.putPage(row.putObject("page"), page.page());
                        row.put("reason", page.reason()).put("deleteAfterMs", page.deleteAfterMs());
                    });
        }
        return JsonDocument.write(FORMAT, paged ? WITH_PAGES : WITHOUT_PAGES, node);
    }

    private static boolean isPaged(PartitionManifest manifest) {
        return !manifest.pages().isEmpty() || !manifest.doomedPages().isEmpty();
    }

    /// @param object the key, for messages
    /// @throws CorruptObjectException no whole manifest, or one whose invariants do not hold
    /// @throws VersionTooNewException intact, but of a later version
    public static PartitionManifest decode(byte[] bytes, String object) {
        PartitionManifest manifest = decodeUnchecked(bytes, object);
        try {
            ManifestInvariants.check(manifest);
        } catch (IllegalStateException e) {
            throw new CorruptObjectException(
                    "bad manifest: object=" + object + ", " + e.getMessage(), e);
        }
        return manifest;
    }

    /// As [#decode], of a manifest whose invariants may not hold: for who looks for what is wrong
    /// with it.
    public static PartitionManifest decodeUnchecked(byte[] bytes, String object) {
        JsonFields in = JsonDocument.read(bytes, object, FORMAT, WITH_PAGES);
        boolean paged = in.i32("formatVersion") == WITH_PAGES;
        PartitionManifest manifest = in.finish(() -> fromFields(in, paged));
        if (paged != isPaged(manifest)) {
            throw in.corrupt("manifest of format version 2 without pages");
        }
        return manifest;
    }

    private static PartitionManifest fromFields(JsonFields in, boolean paged) {
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
                paged ? in.list("pages", RowCodec::page) : List.of(),
                in.list("entries", RowCodec::entry),
                in.list("gaps", RowCodec::gap),
                in.list(
                        "doomed",
                        row ->
                                new DoomedObject(
                                        row.text("key"),
                                        row.i64("bytes"),
                                        row.text("reason"),
                                        row.i64("deleteAfterMs"))),
                paged ? in.list("doomedPages", ManifestCodec::doomedPage) : List.of(),
                in.list("epochs", row -> new EpochStart(row.i32("epoch"), row.i64("start"))));
    }

    private static DoomedPage doomedPage(JsonFields row) {
        return new DoomedPage(
                row.inner("page", RowCodec::page), row.text("reason"), row.i64("deleteAfterMs"));
    }

    /// The checksum of the document of a manifest: what the next version names.
    public static int crc(PartitionManifest manifest) {
        return JsonDocument.crc(encode(manifest));
    }
}
