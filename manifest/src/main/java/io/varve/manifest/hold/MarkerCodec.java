// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.hold;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.VersionTooNewException;
import io.varve.manifest.state.PartitionState.ManifestRef;
import io.varve.manifest.whole.JsonDocument;
import io.varve.manifest.whole.JsonFields;
import java.util.List;

/// Restore points and holds as JSON documents, version 1 (docs/formats/restore-point-v1.md).
public final class MarkerCodec {
    private static final int VERSION = 1;
    private static final String RESTORE_POINT = "varve-restore-point";
    private static final String HOLD = "varve-hold";

    private MarkerCodec() {}

    public static byte[] encode(RestorePoint point) {
        ObjectNode node =
                JsonDocument.node()
                        .put("name", point.name())
                        .put("tick", point.tick())
                        .put("timeMs", point.timeMs())
                        .put("generation", point.generation());
        ArrayNode shards = node.putArray("shards");
        for (RestorePoint.ShardPoint shard : point.shards()) {
            ObjectNode row = shards.addObject();
            row.putObject("shard")
                    .put("generation", shard.shard().generation())
                    .put("shard", shard.shard().shard())
                    .put("incarnation", shard.shard().incarnation());
            row.put("endIndex", shard.endIndex()).put("checkpointIndex", shard.checkpointIndex());
            ArrayNode journals = row.putArray("journals");
            shard.journals().forEach(key -> journals.addObject().put("key", key));
        }
        putPartitions(node, point.partitions());
        return JsonDocument.write(RESTORE_POINT, VERSION, node);
    }

    public static byte[] encode(Hold hold) {
        ObjectNode node =
                JsonDocument.node()
                        .put("who", hold.who())
                        .put("reason", hold.reason())
                        .put("createdAtMs", hold.createdAtMs());
        ArrayNode keys = node.putArray("objects");
        hold.keys().forEach(key -> keys.addObject().put("key", key));
        putPartitions(node, hold.partitions());
        return JsonDocument.write(HOLD, VERSION, node);
    }

    private static void putPartitions(ObjectNode node, List<NamedManifest> partitions) {
        ArrayNode rows = node.putArray("partitions");
        partitions.forEach(named ->
                rows.addObject()
                        .put("topicName", named.topicName())
                        .put("topicId", named.id().topicId().toString())
                        .put("partition", named.id().partition())
                        .put("manifestGeneration", named.manifest().generation())
                        .put("manifestVersion", named.manifest().version()));
    }

    /// @throws CorruptObjectException no whole restore point
    /// @throws VersionTooNewException intact, but of a later version
    public static RestorePoint restorePoint(byte[] bytes, String object) {
        JsonFields in = JsonDocument.read(bytes, object, RESTORE_POINT, VERSION);
        return in.finish(() ->
                new RestorePoint(
                        in.text("name"),
                        in.i64("tick"),
                        in.i64("timeMs"),
                        in.i32("generation"),
                        in.list("shards", MarkerCodec::shard),
                        in.list("partitions", MarkerCodec::partition)));
    }

    /// @throws CorruptObjectException no whole hold
    /// @throws VersionTooNewException intact, but of a later version
    public static Hold hold(byte[] bytes, String object) {
        JsonFields in = JsonDocument.read(bytes, object, HOLD, VERSION);
        return in.finish(() ->
                new Hold(
                        in.text("who"),
                        in.text("reason"),
                        in.i64("createdAtMs"),
                        in.list("objects", row -> row.text("key")),
                        in.list("partitions", MarkerCodec::partition)));
    }

    private static RestorePoint.ShardPoint shard(JsonFields row) {
        return new RestorePoint.ShardPoint(
                row.inner(
                        "shard",
                        in ->
                                new ShardId(
                                        in.i32("generation"),
                                        in.i32("shard"),
                                        in.i32("incarnation"))),
                row.i64("endIndex"),
                row.i64("checkpointIndex"),
                row.list("journals", journal -> journal.text("key")));
    }

    private static NamedManifest partition(JsonFields row) {
        return new NamedManifest(
                row.text("topicName"),
                new PartitionId(row.uuid("topicId"), row.i32("partition")),
                new ManifestRef(row.i32("manifestGeneration"), row.i64("manifestVersion")));
    }
}
