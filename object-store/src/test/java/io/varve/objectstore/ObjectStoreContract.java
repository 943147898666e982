// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What [ObjectStore] promises, checked on one backend per subclass. Each test begins with an empty
/// bucket. What is about keys, listings, sizes and many threads is in interfaces of its own; how
/// much of it, [ContractSize] says.
public abstract class ObjectStoreContract
        implements KeyContract, PageContract, SizeContract, RaceContract {
    @TempDir Path scratch;

    private ObjectStore store;

    /// Opens an empty bucket; `directory` may be used for it.
    protected abstract ObjectStore emptyStore(Path directory) throws IOException;

    @BeforeEach
    void openStore() throws IOException {
        store = emptyStore(Files.createDirectory(scratch.resolve("bucket")));
    }

    @AfterEach
    void closeStore() {
        store.close();
        store.close();
    }

    @Override
    public final ObjectStore store() {
        return store;
    }

    @Override
    public final Path scratch() {
        return scratch;
    }

    @Test
    void returnsTheBytesThatWerePut() throws IOException {
        ObjectInfo info = put("a/b/c", "hello");

        assertThat(info.key()).isEqualTo("a/b/c");
        assertThat(info.bytes()).isEqualTo(5);
        assertThat(read("a/b/c")).isEqualTo("hello");
        assertThat(store.list("", "", 10)).containsExactly(seen(info));
    }

    /// What head tells of a put: the same, its time the one of the answer or a little earlier.
    private ObjectInfo seen(ObjectInfo put) throws IOException {
        ObjectInfo seen = store.head(put.key()).orElseThrow();
        assertThat(seen.key()).isEqualTo(put.key());
        assertThat(seen.bytes()).isEqualTo(put.bytes());
        assertThat(seen.lastModified())
                .isBetween(put.lastModified().minusSeconds(2), put.lastModified());
        return seen;
    }

    @Test
    void putsSeveralBuffersFromTheirPositionsAsOneObjectAndLeavesThemAlone() throws IOException {
        ByteBuffer first = ascii("xxhel").position(2);
        ByteBuffer second = ByteBuffer.allocateDirect(4).put(ascii("lo--")).flip().limit(2);

        store.put(
                "k",
                ObjectBody.of(List.of(first, ByteBuffer.allocate(0), second)),
                PutMode.IF_ABSENT);

        assertThat(read("k")).isEqualTo("hello");
        assertThat(first.position()).isEqualTo(2);
        assertThat(second.remaining()).isEqualTo(2);
    }

    @Test
    void objectsDoNotChangeWithTheArraysOfTheirWritersAndReaders() throws IOException {
        byte[] written = "hello".getBytes(US_ASCII);
        store.put("k", ObjectBody.of(written), PutMode.IF_ABSENT);
        written[0] = 'x';
        store.get("k", ByteRange.tail(5)).bytes().put(1, (byte) 'x');

        assertThat(read("k")).isEqualTo("hello");
    }

    @Test
    void refusesASecondPutIfAbsentAndKeepsTheFirst() throws IOException {
        ObjectInfo first = seen(put("a/k", "first"));

        assertThatThrownBy(() -> put("a/k", "second"))
                .isInstanceOf(ObjectStoreException.AlreadyExists.class)
                .hasMessageContaining("a/k");

        assertThat(read("a/k")).isEqualTo("first");
        assertThat(store.head("a/k")).contains(first);
    }

    @Test
    void overwritesWholeObjectsAlsoByShorterOnes() throws IOException {
        store.put("a/k", body("a long first"), PutMode.OVERWRITE);
        ObjectInfo second = store.put("a/k", body("second"), PutMode.OVERWRITE);

        assertThat(read("a/k")).isEqualTo("second");
        assertThat(seen(second).bytes()).isEqualTo(6);
        assertThat(keys("", "", 10)).containsExactly("a/k");
    }

    @Test
    void cutsARangeAtTheEndOfTheObject() throws IOException {
        put("k", "0123456789");

        assertSlice(store.get("k", ByteRange.span(0, 10)), 0, "0123456789");
        assertSlice(store.get("k", ByteRange.span(0, 1)), 0, "0");
        assertSlice(store.get("k", ByteRange.span(3, 4)), 3, "3456");
        assertSlice(store.get("k", ByteRange.span(8, 100)), 8, "89");
        assertSlice(store.get("k", ByteRange.span(9, Integer.MAX_VALUE)), 9, "9");
        assertSlice(store.get("k", ByteRange.tail(3)), 7, "789");
        assertSlice(store.get("k", ByteRange.tail(10)), 0, "0123456789");
        assertSlice(store.get("k", ByteRange.tail(Integer.MAX_VALUE)), 0, "0123456789");
    }

    private static void assertSlice(ObjectSlice slice, long position, String content) {
        assertThat(slice.bytes().position()).isZero();
        assertThat(US_ASCII.decode(slice.bytes().duplicate()).toString()).isEqualTo(content);
        assertThat(slice.position()).isEqualTo(position);
        assertThat(slice.objectBytes()).isEqualTo(10);
    }

    @Test
    void refusesARangeThatStartsAtOrBehindTheEnd() throws IOException {
        put("k", "0123456789");

        for (long position : new long[] {10, 11, 1L << 40}) {
            assertThatThrownBy(() -> store.get("k", ByteRange.span(position, 1)))
                    .isInstanceOf(ObjectStoreException.InvalidRange.class)
                    .hasMessageContaining("position=" + position);
        }
    }

    @Test
    void saysNotFoundForAMissingObjectAndForTheFoldersOfOthers() throws IOException {
        put("a/b/c", "x");

        for (String missing : List.of("x", "a", "a/b", "a/b/d", "a/b/c/d", "a/b/c/d/e", "x/y/z")) {
            assertThatThrownBy(() -> store.get(missing, ByteRange.tail(1)))
                    .isInstanceOf(ObjectStoreException.NotFound.class)
                    .hasMessageContaining(missing);
            assertThat(store.head(missing)).isEmpty();
        }
    }

    @Test
    void deletesABatchAndAnswersForEveryKey() throws IOException {
        put("a/1", "x");
        put("a/2", "x");
        put("b", "x");

        Map<String, DeleteResult> results =
                store.delete(List.of("a/1", "missing", "a/missing", "b", "a", "b"));

        assertThat(results.keySet())
                .containsExactlyInAnyOrder("a/1", "missing", "a/missing", "b", "a");
        assertThat(results).values().containsOnly(new DeleteResult.Deleted());
        assertThat(keys("", "", 10)).containsExactly("a/2");
        assertThat(store.delete(List.of())).isEmpty();
    }

    @Test
    void putsAgainWhatWasDeleted() throws IOException {
        put("a/b/k", "first");
        store.delete(List.of("a/b/k"));

        assertThat(store.head("a/b/k")).isEmpty();
        put("a/b/k", "second");
        assertThat(read("a/b/k")).isEqualTo("second");
        store.delete(List.of("a/b/k"));
        put("a", "now an object");
        assertThat(read("a")).isEqualTo("now an object");
    }

    @Test
    void itsClockIsTheOneThatStampsObjects() throws IOException {
        Instant before = store.serverTime();
        ObjectInfo info = put("k", "x");
        Instant after = store.serverTime();

        assertThat(info.lastModified()).isBetween(before, after);
        assertThat(seen(info).lastModified()).isBetween(before, after);
        assertThat(keys("", "", 10)).containsExactly("k");
    }

    private static ByteBuffer ascii(String text) {
        return ByteBuffer.wrap(text.getBytes(US_ASCII));
    }
}
