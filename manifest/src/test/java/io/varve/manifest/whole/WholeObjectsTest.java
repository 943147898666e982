// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.whole;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.Damage;
import io.varve.manifest.VersionTooNewException;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.StoreOperation;
import io.varve.objectstore.faulty.Fault;
import io.varve.objectstore.faulty.FaultyObjectStore;
import io.varve.objectstore.faulty.ScriptedFaults;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;

final class WholeObjectsTest {
    private static final byte[] OURS = "ours".getBytes(UTF_8);
    private static final byte[] THEIRS = "theirs".getBytes(UTF_8);

    private final MemoryObjectStore truth = new MemoryObjectStore(InstantSource.system());
    private final ScriptedFaults faults = new ScriptedFaults();
    private final FaultyObjectStore store = new FaultyObjectStore(truth, faults, time -> {});

    @Test
    void firstPutCountsForEverybody() throws IOException {
        assertThat(WholeObjects.putOnce(store, "k", OURS)).isInstanceOf(PutOnce.Ours.class);
        assertThat(WholeObjects.putOnce(store, "k", OURS)).isInstanceOf(PutOnce.Ours.class);

        PutOnce<byte[]> late = WholeObjects.putOnce(store, "k", THEIRS);
        assertThat(late).isInstanceOf(PutOnce.Theirs.class);
        assertThat(late.value()).isEqualTo(OURS);
    }

    @Test
    void lostAnswerIsLookedUp() throws IOException {
        faults.next(1, StoreOperation.PUT, "", new Fault.FailAfter());

        assertThat(WholeObjects.putOnce(store, "k", OURS)).isInstanceOf(PutOnce.Ours.class);
    }

    @Test
    void failureInFrontOfTheirsFindsTheirs() throws IOException {
        truth.put("k", ObjectBody.of(THEIRS), PutMode.IF_ABSENT);
        faults.next(1, StoreOperation.PUT, "", new Fault.FailBefore());

        assertThat(WholeObjects.putOnce(store, "k", OURS).value()).isEqualTo(THEIRS);
    }

    @Test
    void unknownOutcomeStaysUnknownUntilSomethingIsThere() throws IOException {
        faults.next(1, StoreOperation.PUT, "", new Fault.FailBefore());

        assertThatThrownBy(() -> WholeObjects.putOnce(store, "k", OURS))
                .isInstanceOf(ObjectStoreException.Transient.class);
        assertThat(WholeObjects.putOnce(store, "k", OURS)).isInstanceOf(PutOnce.Ours.class);
    }

    @Test
    void answerThatIsCutShortIsNoticed() throws IOException {
        truth.put("k", ObjectBody.of(OURS), PutMode.IF_ABSENT);
        faults.next(1, StoreOperation.GET, "", new Fault.CutGet(2));

        assertThatThrownBy(() -> WholeObjects.read(store, "k"))
                .isInstanceOf(CorruptObjectException.class)
                .hasMessageContaining("object=k");
    }

    @Test
    void listsAllPages() throws IOException {
        for (int i = 0; i < 2_500; i++) {
            truth.put("p/" + (10_000 + i), ObjectBody.of(OURS), PutMode.IF_ABSENT);
        }

        assertThat(WholeObjects.list(truth, "p/")).hasSize(2_500);
    }

    @Test
    void documentNoticesEveryDamageAndStaysPlainJson() {
        var node = JsonDocument.node().put("a", 1).put("b", "\u00fc\"\n");
        node.putArray("rows").addObject().put("x", true);
        byte[] bytes = JsonDocument.write("test", 3, node);

        assertThat(new String(bytes, UTF_8))
                .startsWith("{\n  \"format\" : \"test\",\n  \"formatVersion\" : 3,\n  \"a\" : 1,\n")
                .endsWith(
                        "\n  ],\n  \"crc32c\" : \""
                                + String.format("%08x", JsonDocument.crc(bytes))
                                + "\"\n}\n");
        Damage.everyFlippedByteAndTruncationIsNoticed(
                bytes, damaged -> JsonDocument.read(damaged, "k", "test", 3));
        JsonFields fields = JsonDocument.read(bytes, "k", "test", 3);
        assertThat(fields.text("b")).isEqualTo("\u00fc\"\n");
        assertThat(fields.list("rows", row -> row.flag("x"))).isEqualTo(List.of(true));
    }

    @Test
    void documentTellsTooNewFromWrong() {
        byte[] bytes =
                JsonDocument.write("test", 2, JsonDocument.node().put("a", 1).put("more", 1));

        assertThatThrownBy(() -> JsonDocument.read(bytes, "k", "test", 1))
                .isInstanceOf(VersionTooNewException.class);
        assertThatThrownBy(() -> JsonDocument.read(bytes, "k", "other", 2))
                .isInstanceOf(CorruptObjectException.class)
                .hasMessageContaining("format=test");
        JsonFields fields = JsonDocument.read(bytes, "k", "test", 2);
        assertThatThrownBy(() -> fields.finish(() -> fields.i32("a")))
                .isInstanceOf(CorruptObjectException.class)
                .hasMessageContaining("unknown member: name=more");
        assertThatThrownBy(() -> fields.text("missing")).isInstanceOf(CorruptObjectException.class);
        assertThatThrownBy(() -> fields.text("a")).isInstanceOf(CorruptObjectException.class);
    }
}
