// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.topic;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.VersionTooNewException;
import io.varve.manifest.WrongIdentityException;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.whole.JsonDocument;
import io.varve.manifest.whole.JsonFields;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;

/// A topic as such: name, id, partition count, own configs. As `topic.json` for people and
/// rebuilds, and as one line of JSON inside partition states and control facts. The metadata shard
/// decides; this is a copy. Immutable.
///
/// @param configs the topic's own settings by name, without defaults
public record TopicDocument(
        String topicName, Uuid topicId, int partitions, SortedMap<String, String> configs) {
    private static final int VERSION = 1;
    private static final String FORMAT = "varve-topic";

    public TopicDocument {
        if (topicName.isEmpty() || partitions < 1) {
            throw new IllegalArgumentException(
                    "bad topic: name=" + topicName + ", partitions=" + partitions);
        }
        configs = Collections.unmodifiableSortedMap(new TreeMap<>(configs));
    }

    public TopicDocument(
            String topicName, Uuid topicId, int partitions, Map<String, String> configs) {
        this(topicName, topicId, partitions, new TreeMap<>(configs));
    }

    /// One line of JSON: the topic record of partition states and control facts.
    public String toLine() {
        return JsonDocument.compact(node());
    }

    /// @throws CorruptObjectException the line is no topic
    public static TopicDocument fromLine(String line) {
        return fromFields(JsonDocument.parse(line, "topic record"));
    }

    /// Puts or replaces `topic.json`.
    public void write(ObjectStore store) throws ObjectStoreException {
        store.put(
                BucketKeys.topicJson(topicName, topicId),
                ObjectBody.of(encode()),
                PutMode.OVERWRITE);
    }

    /// The bytes of `topic.json`.
    public byte[] encode() {
        return JsonDocument.write(FORMAT, VERSION, node());
    }

    /// Reads `topic.json`; empty when there is none.
    ///
    /// @throws CorruptObjectException it is damaged, or of another topic than its key says
    /// @throws VersionTooNewException a later varve wrote it
    public static Optional<TopicDocument> read(ObjectStore store, String topicName, Uuid topicId)
            throws ObjectStoreException {
        String key = BucketKeys.topicJson(topicName, topicId);
        Optional<byte[]> bytes = WholeObjects.find(store, key);
        if (bytes.isEmpty()) {
            return Optional.empty();
        }
        TopicDocument topic = fromFields(JsonDocument.read(bytes.get(), key, FORMAT, VERSION));
        if (!topic.topicName.equals(topicName) || !topic.topicId.equals(topicId)) {
            throw new WrongIdentityException(
                    "document of another topic: object="
                            + key
                            + ", name="
                            + topic.topicName
                            + ", id="
                            + topic.topicId);
        }
        return Optional.of(topic);
    }

    private ObjectNode node() {
        ObjectNode node =
                JsonDocument.node()
                        .put("topicName", topicName)
                        .put("topicId", topicId.toString())
                        .put("partitions", partitions);
        ObjectNode own = node.putObject("configs");
        configs.forEach(own::put);
        return node;
    }

    private static TopicDocument fromFields(JsonFields in) {
        return in.finish(() ->
                new TopicDocument(
                        in.text("topicName"),
                        in.uuid("topicId"),
                        in.i32("partitions"),
                        in.texts("configs")));
    }
}
