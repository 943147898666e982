// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.Damage;
import io.varve.manifest.golden.GoldenObjects;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.topic.TopicDocument;
import io.varve.manifest.whole.PutOnce;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ClusterFilesTest {
    private final MemoryObjectStore store =
            new MemoryObjectStore(() -> Instant.ofEpochMilli(1_000));

    @Test
    void bucketBelongsToTheFirst() throws IOException {
        assertThat(ClusterFiles.identity(store)).isEmpty();
        ClusterIdentity first = new ClusterIdentity(1, "a", 1);

        assertThat(ClusterFiles.createIdentity(store, first)).isEqualTo(new PutOnce.Ours<>(first));
        assertThat(ClusterFiles.createIdentity(store, new ClusterIdentity(1, "b", 1)))
                .isEqualTo(new PutOnce.Theirs<>(first));
        assertThat(ClusterFiles.identity(store)).contains(first);
    }

    @Test
    void generationIsClaimedOnceAndTheHighestCounts() throws IOException {
        GenerationClaim one = new GenerationClaim(1, 0, "a", "new cluster", 5);
        GenerationClaim ten = new GenerationClaim(10, 1, "b", "restore", 6);
        assertThat(ClusterFiles.newestGeneration(store)).isEmpty();

        assertThat(ClusterFiles.claim(store, one)).isEqualTo(new PutOnce.Ours<>(one));
        assertThat(ClusterFiles.claim(store, ten)).isEqualTo(new PutOnce.Ours<>(ten));
        assertThat(ClusterFiles.claim(store, new GenerationClaim(10, 1, "c", "restore", 6)))
                .isEqualTo(new PutOnce.Theirs<>(ten));
        ClusterFiles.sayAlive(
                store, 10, new BrokerAlive("1-00", 1, "PLAINTEXT://127.0.0.1:9092", 7));
        assertThat(ClusterFiles.generations(store)).containsExactly(1, 10);
        assertThat(ClusterFiles.newestGeneration(store)).hasValue(10);
        assertThat(ClusterFiles.claim(store, 1)).contains(one);
        assertThat(ClusterFiles.claim(store, 2)).isEmpty();
    }

    @Test
    void cutOrWithdrawalIsDecidedOnce() throws IOException {
        Cut cut = GoldenObjects.cut();
        Cut withdrawn =
                new Cut(
                        cut.generation(),
                        1,
                        "old cluster",
                        9,
                        List.of(),
                        List.of(),
                        0,
                        List.of(),
                        "restore gave up");

        assertThat(ClusterFiles.cut(store, cut.generation())).isEmpty();
        assertThat(ClusterFiles.decide(store, withdrawn)).isEqualTo(new PutOnce.Ours<>(withdrawn));
        assertThat(ClusterFiles.decide(store, cut)).isEqualTo(new PutOnce.Theirs<>(withdrawn));
        assertThat(ClusterFiles.cut(store, cut.generation())).contains(withdrawn);
    }

    @Test
    void signOfLifeIsReplacedAndDatedByTheStore() throws IOException {
        ClusterFiles.sayAlive(store, 1, new BrokerAlive("1-00", 1, "a", 1));
        ClusterFiles.sayAlive(store, 1, new BrokerAlive("1-00", 1, "b", 2));

        var all = ClusterFiles.aliveOf(store, 1);
        assertThat(all).hasSize(1);
        assertThat(all.getFirst().lastModified()).isEqualTo(Instant.ofEpochMilli(1_000));
        assertThat(ClusterFiles.alive(store, all.getFirst().key()).listeners()).isEqualTo("b");
    }

    @Test
    void everyDamageIsNoticed() {
        Damage.everyFlippedByteAndTruncationIsNoticed(
                GenerationCodec.encode(GoldenObjects.cut()),
                bytes -> GenerationCodec.cut(bytes, "k"));
        Damage.everyFlippedByteAndTruncationIsNoticed(
                GenerationCodec.encode(GoldenObjects.claim()),
                bytes -> GenerationCodec.claim(bytes, "k"));
        Damage.everyFlippedByteAndTruncationIsNoticed(
                GenerationCodec.encode(GoldenObjects.identity()),
                bytes -> GenerationCodec.identity(bytes, "k"));
    }

    @Test
    void documentUnderAnotherKeyIsDamage() throws IOException {
        byte[] claim = GenerationCodec.encode(GoldenObjects.claim());
        store.put(BucketKeys.claim(77), ObjectBody.of(claim), PutMode.IF_ABSENT);

        assertThatThrownBy(() -> ClusterFiles.claim(store, 77))
                .isInstanceOf(CorruptObjectException.class);
    }

    @Test
    void topicIsReadAsItWasWrittenInBothForms() throws IOException {
        TopicDocument topic = GoldenObjects.topic();
        topic.write(store);

        assertThat(TopicDocument.read(store, topic.topicName(), topic.topicId())).contains(topic);
        assertThat(TopicDocument.fromLine(topic.toLine())).isEqualTo(topic);
        assertThatThrownBy(() -> TopicDocument.fromLine("{}"))
                .isInstanceOf(CorruptObjectException.class);
        assertThatThrownBy(() -> TopicDocument.fromLine("["))
                .isInstanceOf(CorruptObjectException.class);
    }
}
