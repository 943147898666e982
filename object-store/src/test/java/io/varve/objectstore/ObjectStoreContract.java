// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What [ObjectStore] promises, checked on one backend per subclass. Each test begins with an empty
/// bucket.
public abstract class ObjectStoreContract {
    private static final int RACERS = 16;
    private static final int RACE_ROUNDS = 20;
    private static final int LARGE_BYTES = 64 << 20;

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

    protected final ObjectStore store() {
        return store;
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
    void storesAnEmptyObjectOfWhichEveryRangeIsEmpty() throws IOException {
        put("empty", "");

        for (ByteRange range :
                List.of(ByteRange.span(0, 1), ByteRange.span(7, 3), ByteRange.tail(9))) {
            ObjectSlice slice = store.get("empty", range);
            assertThat(slice.bytes().remaining()).isZero();
            assertThat(slice.position()).isZero();
            assertThat(slice.objectBytes()).isZero();
        }
        assertThat(store.head("empty").orElseThrow().bytes()).isZero();
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
    void takesEveryKeyThatTheRuleAllows() throws IOException {
        List<String> keys =
                new ArrayList<>(
                        List.of(
                                "!",
                                "~",
                                "a.b",
                                "...",
                                ".hidden",
                                "a/.tmp",
                                ".tmpx",
                                "a//b".replace("//", "/"),
                                "c=1;d='\"<>|*?\\:%25&#+$`",
                                "p".repeat(254),
                                "CON",
                                "-",
                                "--",
                                "a-/b"));
        keys.add(("q".repeat(254) + "/").repeat(4) + "end");
        keys.add("l/".repeat(511) + "l");

        for (String key : keys) {
            store.put(key, body(key), PutMode.IF_ABSENT);
        }

        for (String key : keys) {
            assertThat(read(key)).isEqualTo(key);
        }
        assertThat(keys("", "", 1_000)).isEqualTo(keys.stream().sorted().toList());
        assertThat(store.delete(keys))
                .hasSize(keys.size())
                .values()
                .containsOnly(new DeleteResult.Deleted());
        assertThat(store.list("", "", 1)).isEmpty();
    }

    static List<String> badKeys() {
        return List.of(
                "",
                "/",
                "/a",
                "a/",
                "a//b",
                ".",
                "..",
                "a/..",
                "../a",
                "a/./b",
                "a b",
                "a\u0000",
                "a\n",
                "\u00e4",
                "a\u007f",
                "p".repeat(255),
                "a/" + "p".repeat(255),
                "k/".repeat(512) + "k",
                ".tmp",
                ".tmp/a");
    }

    @ParameterizedTest
    @MethodSource("badKeys")
    void refusesABadKeyInEveryMethod(String key) throws IOException {
        List<Callable<Object>> calls =
                List.of(
                        () -> store.put(key, body("x"), PutMode.IF_ABSENT),
                        () -> store.put(key, body("x"), PutMode.OVERWRITE),
                        () -> store.get(key, ByteRange.tail(1)),
                        () -> store.head(key),
                        () -> store.delete(List.of("good", key)));
        put("good", "x");

        for (Callable<Object> call : calls) {
            assertThatThrownBy(call::call).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(keys("", "", 10)).containsExactly("good");
    }

    @Test
    void refusesABadListing() {
        assertThatThrownBy(() -> store.list("", "", 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> store.list("", "", 1_001))
                .isInstanceOf(IllegalArgumentException.class);
        for (String prefix : List.of("/", "/a", "a//", "a//b", "../", "a/./b", "a b", "\u00e4")) {
            assertThatThrownBy(() -> store.list(prefix, "", 1))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> store.list("", "\u00e4", 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesMoreThanAThousandDeletes() {
        List<String> keys = IntStream.range(0, 1_001).mapToObj(i -> "k" + i).toList();

        assertThatThrownBy(() -> store.delete(keys))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1001");
    }

    @Test
    void refusesABodyBeyondTheLimit() {
        Path file = scratch.resolve("never-opened");

        assertThat(ObjectBody.ofFile(file, ObjectStore.MAX_OBJECT_BYTES, 0).bytes())
                .isEqualTo(512L << 20);
        assertThatThrownBy(() -> ObjectBody.ofFile(file, ObjectStore.MAX_OBJECT_BYTES + 1, 0))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void streamsALargeObjectFromAFile() throws IOException {
        long seed = 20_261_124;
        Path file = scratch.resolve("large");
        CRC32C crc = new CRC32C();
        Random random = new Random(seed);
        byte[] block = new byte[1 << 20];
        try (OutputStream out = Files.newOutputStream(file)) {
            for (int i = 0; i < LARGE_BYTES / block.length; i++) {
                random.nextBytes(block);
                crc.update(block);
                out.write(block);
            }
        }

        ObjectInfo info =
                store.put(
                        "large",
                        ObjectBody.ofFile(file, LARGE_BYTES, (int) crc.getValue()),
                        PutMode.IF_ABSENT);

        assertThat(info.bytes()).isEqualTo(LARGE_BYTES);
        CRC32C readBack = new CRC32C();
        for (long position = 0; position < LARGE_BYTES; position += 24 << 20) {
            readBack.update(store.get("large", ByteRange.span(position, 24 << 20)).bytes());
        }
        assertThat(readBack.getValue()).isEqualTo(crc.getValue());
        assertThat(store.get("large", ByteRange.tail(block.length)).bytes())
                .isEqualTo(ByteBuffer.wrap(block));
    }

    @Test
    void storesNothingWhenTheBodyIsNotWhatItDeclares() throws IOException {
        Path file = Files.writeString(scratch.resolve("body"), "hello", US_ASCII);
        int crc = body("hello").crc32c();
        List<ObjectBody> lies =
                List.of(
                        ObjectBody.ofFile(file, 5, crc + 1),
                        ObjectBody.ofFile(file, 4, body("hell").crc32c()),
                        ObjectBody.ofFile(file, 6, crc),
                        ObjectBody.ofFile(scratch.resolve("missing"), 5, crc));

        for (ObjectBody lie : lies) {
            for (PutMode mode : PutMode.values()) {
                assertThatThrownBy(() -> store.put("k", lie, mode))
                        .isInstanceOf(ObjectStoreException.Denied.class);
            }
        }
        assertThat(store.head("k")).isEmpty();
        assertThat(store.list("", "", 1)).isEmpty();
    }

    @Test
    void pagesTwoThousandKeysInOrderOfTheirBytes() throws Exception {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            String separator = List.of("/", "-", ".", "0", "/x/").get(i % 5);
            keys.add("p" + (i % 7) + separator + "%04d".formatted(i));
        }
        Collections.shuffle(keys, new Random(4));
        try (ExecutorService threads = Executors.newFixedThreadPool(RACERS)) {
            List<Callable<ObjectInfo>> puts = new ArrayList<>();
            keys.forEach(key -> puts.add(() -> put(key, "")));
            for (Future<ObjectInfo> done : threads.invokeAll(puts)) {
                done.get();
            }
        }
        Collections.sort(keys);

        for (int pageSize : new int[] {1_000, 333}) {
            assertThat(allPages("", pageSize)).isEqualTo(keys);
        }
        assertThat(allPages("p3/", 50)).isEqualTo(startingWith(keys, "p3/"));
        assertThat(allPages("p3", 50)).isEqualTo(startingWith(keys, "p3"));
    }

    private List<String> allPages(String prefix, int pageSize) throws IOException {
        List<String> all = new ArrayList<>();
        List<String> page;
        do {
            page = keys(prefix, all.isEmpty() ? "" : all.getLast(), pageSize);
            all.addAll(page);
        } while (page.size() == pageSize);
        return all;
    }

    private static List<String> startingWith(List<String> keys, String prefix) {
        return keys.stream().filter(key -> key.startsWith(prefix)).toList();
    }

    @Test
    void listsAnyPrefixFromAnyStartLikeASortedSet() throws IOException {
        List<String> keys =
                List.of(
                        "a",
                        "a-b",
                        "a.b/c",
                        "a0",
                        "b/a",
                        "b/a-",
                        "b/b/c",
                        "b/b0/c",
                        "b0",
                        "c/d/e/f",
                        "c/d/e-/f");
        for (String key : keys.reversed()) {
            put(key, key);
        }
        List<String> sorted = keys.stream().sorted().toList();
        List<String> cuts =
                new ArrayList<>(
                        List.of(
                                "", "!", "~", "b/", "b/b", "b/b/", "c/d/e", "c/d/e/", "zz/z",
                                "b/a/x", "a/", "a.b/c/d"));
        cuts.addAll(keys);

        for (String prefix : cuts) {
            for (String startAfter : cuts) {
                for (int maxKeys : new int[] {1, 2, 3, 100}) {
                    List<String> expected =
                            sorted.stream()
                                    .filter(key ->
                                            key.startsWith(prefix) && key.compareTo(startAfter) > 0)
                                    .limit(maxKeys)
                                    .toList();
                    assertThat(keys(prefix, startAfter, maxKeys))
                            .as("prefix=%s startAfter=%s maxKeys=%s", prefix, startAfter, maxKeys)
                            .isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void listsNothingUnderTheReservedName() throws IOException {
        put("a", "x");

        assertThat(store.list(".tmp", "", 10)).isEmpty();
        assertThat(store.list(".tmp/", "", 10)).isEmpty();
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
    void ofRacingPutsIfAbsentExactlyOneWins() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int round = 0; round < RACE_ROUNDS; round++) {
                String key = "race/%d/key".formatted(round);
                CyclicBarrier start = new CyclicBarrier(RACERS);
                List<Future<Boolean>> racers = new ArrayList<>();
                for (int racer = 0; racer < RACERS; racer++) {
                    String content = "racer-" + racer;
                    racers.add(
                            threads.submit(() -> {
                                start.await(30, TimeUnit.SECONDS);
                                return wins(key, content);
                            }));
                }

                List<String> winners = new ArrayList<>();
                for (int racer = 0; racer < RACERS; racer++) {
                    if (racers.get(racer).get(60, TimeUnit.SECONDS)) {
                        winners.add("racer-" + racer);
                    }
                }

                assertThat(winners).as("round %d", round).hasSize(1);
                assertThat(read(key)).isEqualTo(winners.getFirst());
            }
        }
    }

    private boolean wins(String key, String content) throws IOException {
        try {
            put(key, content);
            return true;
        } catch (ObjectStoreException.AlreadyExists e) {
            return false;
        }
    }

    @Test
    void readersOfAnObjectBeingOverwrittenSeeOneOfItsContents() throws Exception {
        String first = "a".repeat(50_000);
        String second = "b".repeat(60_000);
        store.put("k", body(first), PutMode.OVERWRITE);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> writer =
                    threads.submit(() -> {
                        for (int i = 0; i < 50; i++) {
                            store.put("k", body(i % 2 == 0 ? second : first), PutMode.OVERWRITE);
                        }
                        return null;
                    });

            do {
                assertThat(read("k")).isIn(first, second);
                assertThat(store.head("k").orElseThrow().bytes()).isIn(50_000L, 60_000L);
                assertThat(store.list("k", "", 1)).hasSize(1);
            } while (!writer.isDone());
            writer.get();
        }
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

    protected final ObjectInfo put(String key, String content) throws IOException {
        return store.put(key, body(content), PutMode.IF_ABSENT);
    }

    protected final String read(String key) throws IOException {
        return US_ASCII.decode(store.get(key, ByteRange.span(0, Integer.MAX_VALUE)).bytes())
                .toString();
    }

    protected final List<String> keys(String prefix, String startAfter, int maxKeys)
            throws IOException {
        return store.list(prefix, startAfter, maxKeys).stream().map(ObjectInfo::key).toList();
    }

    protected static ObjectBody body(String content) {
        return ObjectBody.of(content.getBytes(US_ASCII));
    }

    private static ByteBuffer ascii(String text) {
        return ByteBuffer.wrap(text.getBytes(US_ASCII));
    }
}
