// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.partition;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.VersionTooNewException;
import io.varve.manifest.whole.JsonDocument;
import io.varve.manifest.whole.JsonFields;

/// A manifest page as a JSON document, version 1 (docs/formats/manifest-page-v1.md).
public final class PageCodec {
    private static final int VERSION = 1;
    private static final String FORMAT = "varve-manifest-page";

    private PageCodec() {}

    public static byte[] encode(ManifestPage page) {
        ObjectNode node =
                JsonDocument.node()
                        .put("topicName", page.topicName())
                        .put("topicId", page.id().topicId().toString())
                        .put("partition", page.id().partition())
                        .put("base", page.rows().baseOffset())
                        .put("end", page.rows().endOffset());
        RowCodec.putRows(node, page.rows().entries(), page.rows().gaps());
        return JsonDocument.write(FORMAT, VERSION, node);
    }

    static int crc(byte[] document) {
        return JsonDocument.crc(document);
    }

    /// @param object the key, for messages
    /// @param random part of the key, which the document does not repeat
    /// @throws CorruptObjectException no whole page, or its rows do not cover what it says
    /// @throws VersionTooNewException intact, but of a later version
    public static ManifestPage decode(byte[] bytes, String object, long random) {
        JsonFields in = JsonDocument.read(bytes, object, FORMAT, VERSION);
        ManifestPage page =
                in.finish(() ->
                        new ManifestPage(
                                in.text("topicName"),
                                new PartitionId(in.uuid("topicId"), in.i32("partition")),
                                new SegmentRun(
                                        in.i64("base"),
                                        in.i64("end"),
                                        in.list("entries", RowCodec::entry),
                                        in.list("gaps", RowCodec::gap)),
                                random));
        page.rows()
                .problem()
                .ifPresent(problem -> {
                    throw in.corrupt("bad manifest page: " + problem);
                });
        return page;
    }
}
