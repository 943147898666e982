// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.golden;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.checkpoint.CheckpointCodec;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.hold.MarkerCodec;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.pack.PackReader;
import io.varve.manifest.partition.ManifestCodec;
import io.varve.manifest.partition.PageCodec;
import io.varve.manifest.topic.TopicDocument;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// Goal: version 1 is frozen. Method: the bytes under `golden/v1` mean what they always meant, and
/// writing gives them again.
final class GoldenTest {
    private static byte[] golden(String name) throws IOException {
        try (InputStream in = GoldenTest.class.getResourceAsStream("/golden/v1/" + name)) {
            return Objects.requireNonNull(in, name).readAllBytes();
        }
    }

    private static ObjectStore storeWith(String key, String name) throws IOException {
        MemoryObjectStore store = new MemoryObjectStore(InstantSource.system());
        store.put(key, ObjectBody.of(golden(name)), PutMode.IF_ABSENT);
        return store;
    }

    @Test
    void writingGivesTheSameBytes() throws IOException {
        for (Map.Entry<String, byte[]> file : GoldenObjects.files().entrySet()) {
            assertThat(file.getValue()).as(file.getKey()).isEqualTo(golden(file.getKey()));
        }
    }

    @Test
    void readingGivesTheSameValues() throws IOException {
        ObjectStore pack = storeWith("p", "journal.pack");
        assertThat(PackReader.open(pack, "p")).isEqualTo(GoldenObjects.pack().index());
        byte[] checkpoint = golden("shard.checkpoint");
        assertThat(
                        CheckpointCodec.encode(
                                CheckpointCodec.decode(ByteBuffer.wrap(checkpoint), "golden")))
                .isEqualTo(checkpoint);
        assertThat(ManifestCodec.decode(golden("manifest.json"), "golden"))
                .isEqualTo(GoldenObjects.manifest());
        assertThat(ManifestCodec.decode(golden("manifest-paged.json"), "golden"))
                .isEqualTo(GoldenObjects.pagedManifest());
        assertThat(PageCodec.decode(golden("manifest-page.json"), "golden", 0x0123456789abcdefL))
                .isEqualTo(GoldenObjects.page());
        assertThat(MarkerCodec.restorePoint(golden("restore-point.json"), "golden"))
                .isEqualTo(GoldenObjects.restorePoint());
        assertThat(MarkerCodec.hold(golden("hold.json"), "golden")).isEqualTo(GoldenObjects.hold());
        assertThat(ClusterFiles.identity(storeWith(BucketKeys.varveJson(), "varve.json")))
                .contains(GoldenObjects.identity());
        assertThat(ClusterFiles.claim(storeWith(BucketKeys.claim(2), "claim.json"), 2))
                .contains(GoldenObjects.claim());
        assertThat(ClusterFiles.cut(storeWith(BucketKeys.cut(2), "cut.json"), 2))
                .contains(GoldenObjects.cut());
        String alive = BucketKeys.alive(2, "1-00ff");
        assertThat(ClusterFiles.alive(storeWith(alive, "alive.json"), alive))
                .isEqualTo(GoldenObjects.alive());
        TopicDocument topic = GoldenObjects.topic();
        String key = BucketKeys.topicJson(topic.topicName(), topic.topicId());
        assertThat(
                        TopicDocument.read(
                                storeWith(key, "topic.json"), topic.topicName(), topic.topicId()))
                .contains(topic);
    }
}
