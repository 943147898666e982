// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.objectstore.memory.MemoryObjectStore;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class PrefixedObjectStoreTest {
    private final MemoryObjectStore bucket =
            new MemoryObjectStore("bucket", InstantSource.system());
    private final ObjectStore part = new PrefixedObjectStore(bucket, "p/q/", "mem:bucket/p/q/");

    @BeforeEach
    void fillBucket() throws IOException {
        for (String key : List.of("a", "p/q-", "p/q/a", "p/q/b", "p/q/c", "p/q0")) {
            bucket.put(key, ObjectBody.of(key.getBytes(US_ASCII)), PutMode.IF_ABSENT);
        }
    }

    @Test
    void showsOnlyWhatIsBelowItsPrefixUnderRelativeKeys() throws IOException {
        assertThat(keys(part.list("", "", 10))).containsExactly("a", "b", "c");
        assertThat(keys(part.list("", "a", 1))).containsExactly("b");
        assertThat(keys(part.list("c", "", 10))).containsExactly("c");
        assertThat(part.head("a").orElseThrow().key()).isEqualTo("a");
        assertThat(part.head("q0")).isEmpty();
        assertThat(US_ASCII.decode(part.get("a", ByteRange.tail(9)).bytes()).toString())
                .isEqualTo("p/q/a");
        assertThat(part.url()).isEqualTo("mem:bucket/p/q");
    }

    @Test
    void writesAndDeletesOnlyBelowItsPrefix() throws IOException {
        ObjectInfo info = part.put("d", ObjectBody.of(new byte[3]), PutMode.IF_ABSENT);
        Map<String, DeleteResult> results = part.delete(List.of("a", "b", "missing"));

        assertThat(info.key()).isEqualTo("d");
        assertThat(results.keySet()).containsExactlyInAnyOrder("a", "b", "missing");
        assertThat(keys(bucket.list("", "", 10)))
                .containsExactly("a", "p/q-", "p/q/c", "p/q/d", "p/q0");
    }

    @Test
    void refusesKeysThatWouldLeaveItsPrefix() {
        assertThatThrownBy(() -> part.head("../a")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> part.list("/", "", 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new PrefixedObjectStore(bucket, "p", "mem:/p"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void seesWhatLiesAroundItTheNearestFirst() throws IOException {
        bucket.put("x", ObjectBody.of("root".getBytes(US_ASCII)), PutMode.IF_ABSENT);
        bucket.put("p/x", ObjectBody.of("above".getBytes(US_ASCII)), PutMode.IF_ABSENT);
        bucket.put("p/q/x", ObjectBody.of("own".getBytes(US_ASCII)), PutMode.IF_ABSENT);
        bucket.put("p/r/x", ObjectBody.of("beside".getBytes(US_ASCII)), PutMode.IF_ABSENT);
        bucket.put(
                "p/large",
                ObjectBody.of(new byte[EnclosingObject.BYTES_MAX + 1]),
                PutMode.IF_ABSENT);

        List<EnclosingObject> around = part.enclosing("x");

        assertThat(around)
                .extracting(EnclosingObject::place)
                .containsExactly("prefix=p/", "the bucket's root");
        assertThat(around)
                .extracting(object -> new String(object.content(), US_ASCII))
                .containsExactly("above", "root");
        assertThat(part.enclosing("large")).isEmpty();
        assertThat(new CountingObjectStore(part).enclosing("x")).hasSize(2);
        assertThat(bucket.enclosing("x")).isEmpty();
    }

    @Test
    void aDeepPrefixLooksAtSoManyFoldersOnly() throws IOException {
        String deep = "d/".repeat(3 * EnclosingObject.FOLDERS_MAX);
        for (String folder = deep; folder.length() > 2; folder = folder.substring(2)) {
            bucket.put(folder + "x", ObjectBody.of(new byte[1]), PutMode.IF_ABSENT);
        }

        assertThat(new PrefixedObjectStore(bucket, deep, "mem:bucket/d").enclosing("x"))
                .hasSize(EnclosingObject.FOLDERS_MAX);
    }

    private static List<String> keys(List<ObjectInfo> page) {
        return page.stream().map(ObjectInfo::key).toList();
    }
}
