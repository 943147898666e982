// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.manifest.metadata.RestoredRow;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;

/// A topic whose records are in the bucket already, and that is to be made known. Immutable.
///
/// As JSON: `{"name", "topicId", "generation", "replicationFactor", "configs": {}, "partitions":
/// ["baseEpoch=… …", …]}`; a partition is told as [RestoredRow#toLine()] does.
///
/// @param generation for which its manifests were written
/// @param replicationFactor -1: the broker's default
/// @param partitions how each one opens, by number
public record TopicToRestore(
        String name,
        Uuid id,
        int generation,
        short replicationFactor,
        Map<String, String> configs,
        List<RestoredRow> partitions) {
    private static final ObjectMapper JSON = new ObjectMapper();

    public TopicToRestore {
        configs = java.util.Collections.unmodifiableMap(new TreeMap<>(configs));
        partitions = List.copyOf(partitions);
        if (partitions.isEmpty()) {
            throw new IllegalArgumentException("no partitions: topic=" + name);
        }
    }

    NewTopic asNewTopic() {
        return new NewTopic(name, partitions.size(), replicationFactor, Map.of(), configs);
    }

    public byte[] toJson() {
        ObjectNode node =
                JSON.createObjectNode()
                        .put("name", name)
                        .put("topicId", id.toString())
                        .put("generation", generation)
                        .put("replicationFactor", replicationFactor);
        ObjectNode own = node.putObject("configs");
        configs.forEach(own::put);
        ArrayNode rows = node.putArray("partitions");
        partitions.forEach(row -> rows.add(row.toLine()));
        try {
            return JSON.writeValueAsBytes(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("topic is no JSON: name=" + name, e);
        }
    }

    /// @throws IllegalArgumentException it is none; the message says why
    public static TopicToRestore fromJson(byte[] json) {
        JsonNode node;
        try {
            node = JSON.readTree(json);
        } catch (IOException e) {
            throw new IllegalArgumentException("no JSON: " + e.getMessage(), e);
        }
        Map<String, String> configs = new TreeMap<>();
        node.path("configs")
                .properties()
                .forEach(config -> configs.put(config.getKey(), config.getValue().asText()));
        List<RestoredRow> partitions = new ArrayList<>();
        node.path("partitions").forEach(row -> partitions.add(RestoredRow.fromLine(row.asText())));
        if (!node.path("name").isTextual() || !node.path("topicId").isTextual()) {
            throw new IllegalArgumentException("no topic to restore: name or topicId is missing");
        }
        return new TopicToRestore(
                node.path("name").asText(),
                Uuid.fromString(node.path("topicId").asText()),
                node.path("generation").asInt(),
                (short) node.path("replicationFactor").asInt(-1),
                configs,
                partitions);
    }
}
