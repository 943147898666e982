// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.generation;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.generation.Cut.LoweredOffset;
import io.varve.manifest.generation.Cut.PartitionCut;
import io.varve.manifest.generation.Cut.ShardCut;
import io.varve.manifest.whole.JsonDocument;
import io.varve.manifest.whole.JsonFields;

/// Identity, claims and cuts as JSON documents, version 1 (docs/formats/generation-v1.md).
final class GenerationCodec {
    private static final int VERSION = 1;
    private static final String IDENTITY = "varve-cluster";
    private static final String CLAIM = "varve-claim";
    private static final String CUT = "varve-cut";
    private static final String ALIVE = "varve-alive";

    private GenerationCodec() {}

    static byte[] encode(ClusterIdentity identity) {
        ObjectNode node =
                JsonDocument.node()
                        .put("clusterId", identity.clusterId())
                        .put("createdAtMs", identity.createdAtMs());
        return JsonDocument.write(IDENTITY, identity.formatVersion(), node);
    }

    static ClusterIdentity identity(byte[] bytes, String key) {
        JsonFields in = JsonDocument.read(bytes, key, IDENTITY, ClusterIdentity.FORMAT_VERSION);
        return in.finish(() ->
                new ClusterIdentity(
                        in.i32("formatVersion"), in.text("clusterId"), in.i64("createdAtMs")));
    }

    static byte[] encode(GenerationClaim claim) {
        ObjectNode node =
                JsonDocument.node()
                        .put("generation", claim.generation())
                        .put("fromGeneration", claim.fromGeneration())
                        .put("claimedBy", claim.claimedBy())
                        .put("reason", claim.reason())
                        .put("claimedAtMs", claim.claimedAtMs());
        return JsonDocument.write(CLAIM, VERSION, node);
    }

    static GenerationClaim claim(byte[] bytes, String key) {
        JsonFields in = JsonDocument.read(bytes, key, CLAIM, VERSION);
        return in.finish(() ->
                new GenerationClaim(
                        in.i32("generation"),
                        in.i32("fromGeneration"),
                        in.text("claimedBy"),
                        in.text("reason"),
                        in.i64("claimedAtMs")));
    }

    static byte[] encode(Cut cut) {
        ObjectNode node =
                JsonDocument.node()
                        .put("generation", cut.generation())
                        .put("fromGeneration", cut.fromGeneration())
                        .put("createdBy", cut.createdBy())
                        .put("createdAtMs", cut.createdAtMs())
                        .put("firstProducerId", cut.firstProducerId());
        String withdrawn = cut.withdrawn();
        if (withdrawn != null) {
            node.put("withdrawn", withdrawn);
        }
        ArrayNode shards = node.putArray("shards");
        for (ShardCut shard : cut.shards()) {
            ObjectNode row = shards.addObject();
            putShard(row.putObject("from"), shard.from());
            row.put("endIndex", shard.endIndex());
            putShard(row.putObject("to"), shard.to());
        }
        ArrayNode partitions = node.putArray("partitions");
        cut.partitions().forEach(partition -> putPartition(partitions.addObject(), partition));
        ArrayNode lowered = node.putArray("loweredOffsets");
        cut.loweredOffsets()
                .forEach(offset ->
                        lowered.addObject()
                                .put("group", offset.group())
                                .put("topicName", offset.topicName())
                                .put("partition", offset.partition())
                                .put("from", offset.from())
                                .put("to", offset.to()));
        return JsonDocument.write(CUT, VERSION, node);
    }

    private static void putShard(ObjectNode node, ShardId shard) {
        node.put("generation", shard.generation())
                .put("shard", shard.shard())
                .put("incarnation", shard.incarnation());
    }

    private static void putPartition(ObjectNode node, PartitionCut partition) {
        node.put("topicName", partition.topicName())
                .put("topicId", partition.id().topicId().toString())
                .put("partition", partition.id().partition())
                .put("manifestGeneration", partition.manifestGeneration())
                .put("manifestVersion", partition.manifestVersion())
                .put("logStart", partition.logStart())
                .put("endOffset", partition.endOffset())
                .put("firstEpoch", partition.firstEpoch())
                .put("offsetGap", partition.offsetGap());
    }

    static Cut cut(byte[] bytes, String key) {
        JsonFields in = JsonDocument.read(bytes, key, CUT, VERSION);
        return in.finish(() ->
                new Cut(
                        in.i32("generation"),
                        in.i32("fromGeneration"),
                        in.text("createdBy"),
                        in.i64("createdAtMs"),
                        in.list(
                                "shards",
                                row ->
                                        new ShardCut(
                                                row.inner("from", GenerationCodec::shard),
                                                row.i64("endIndex"),
                                                row.inner("to", GenerationCodec::shard))),
                        in.list("partitions", GenerationCodec::partition),
                        in.i64("firstProducerId"),
                        in.list(
                                "loweredOffsets",
                                row ->
                                        new LoweredOffset(
                                                row.text("group"),
                                                row.text("topicName"),
                                                row.i32("partition"),
                                                row.i64("from"),
                                                row.i64("to"))),
                        in.optionalText("withdrawn").orElse(null)));
    }

    private static ShardId shard(JsonFields in) {
        return new ShardId(in.i32("generation"), in.i32("shard"), in.i32("incarnation"));
    }

    private static PartitionCut partition(JsonFields in) {
        return new PartitionCut(
                new PartitionId(in.uuid("topicId"), in.i32("partition")),
                in.text("topicName"),
                in.i32("manifestGeneration"),
                in.i64("manifestVersion"),
                in.i64("logStart"),
                in.i64("endOffset"),
                in.i32("firstEpoch"),
                in.i64("offsetGap"));
    }

    static byte[] encode(BrokerAlive alive) {
        ObjectNode node =
                JsonDocument.node()
                        .put("peer", alive.peer())
                        .put("nodeId", alive.nodeId())
                        .put("listeners", alive.listeners())
                        .put("writtenAtMs", alive.writtenAtMs());
        return JsonDocument.write(ALIVE, VERSION, node);
    }

    static BrokerAlive alive(byte[] bytes, String key) {
        JsonFields in = JsonDocument.read(bytes, key, ALIVE, VERSION);
        return in.finish(() ->
                new BrokerAlive(
                        in.text("peer"),
                        in.i32("nodeId"),
                        in.text("listeners"),
                        in.i64("writtenAtMs")));
    }
}
