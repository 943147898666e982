// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.faulty;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.objectstore.ByteRange;
import io.varve.objectstore.DeleteResult;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectSlice;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.StoreOperation;
import io.varve.objectstore.faulty.FaultPlan.Request;
import io.varve.objectstore.faulty.FaultyObjectStore.Lie;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class FaultyObjectStoreTest {
    private final MemoryObjectStore truth = new MemoryObjectStore(InstantSource.system());
    private final ScriptedFaults faults = new ScriptedFaults();
    private final List<Duration> waits = new ArrayList<>();
    private final FaultyObjectStore store = new FaultyObjectStore(truth, faults, waits::add);

    @Test
    void failsBeforeTheWork() {
        faults.next(1, StoreOperation.PUT, "", new Fault.FailBefore());

        assertThatThrownBy(() -> put("k", "hello"))
                .isInstanceOf(ObjectStoreException.Transient.class);
        assertThat(truth.head("k")).isEmpty();
    }

    @Test
    void failsAfterTheWorkSoThatTheOutcomeIsUnknown() throws IOException {
        faults.next(1, StoreOperation.PUT, "", new Fault.FailAfter())
                .next(1, StoreOperation.DELETE, "", new Fault.FailAfter());

        assertThatThrownBy(() -> put("k", "hello"))
                .isInstanceOf(ObjectStoreException.Transient.class);
        assertThat(read("k")).isEqualTo("hello");
        assertThatThrownBy(() -> store.delete(List.of("k")))
                .isInstanceOf(ObjectStoreException.Transient.class);
        assertThat(truth.head("k")).isEmpty();
    }

    @Test
    void throttlesAndDenies() {
        faults.next(1, StoreOperation.HEAD, "", new Fault.Throttle())
                .next(1, StoreOperation.HEAD, "", new Fault.Deny());

        assertThatThrownBy(() -> store.head("k"))
                .isInstanceOf(ObjectStoreException.Transient.class)
                .hasMessageContaining("slow down");
        assertThatThrownBy(() -> store.head("k")).isInstanceOf(ObjectStoreException.Denied.class);
    }

    @Test
    void delaysInItsWaiterAndAnswersRight() throws IOException {
        put("k", "hello");
        faults.next(1, StoreOperation.GET, "", new Fault.Delay(Duration.ofSeconds(9)));

        assertThat(read("k")).isEqualTo("hello");
        assertThat(waits).containsExactly(Duration.ofSeconds(9));
    }

    @Test
    void tearsAPutAndReportsSuccess() throws IOException {
        faults.next(1, StoreOperation.PUT, "a", new Fault.TearPut(2))
                .next(1, StoreOperation.PUT, "b", new Fault.TearPut(99));

        assertThat(put("a", "hello").bytes()).isEqualTo(5);
        assertThat(put("b", "hello").bytes()).isEqualTo(5);
        assertThat(read("a")).isEqualTo("he");
        assertThat(read("b")).isEqualTo("hell");
    }

    @Test
    void flipsOneBitOfAGetAndLeavesTheObject() throws IOException {
        put("k", "hello");
        faults.next(1, StoreOperation.GET, "", new Fault.FlipGet(5 * 8 + 1));

        assertThat(read("k")).isEqualTo("j" + "ello");
        assertThat(read("k")).isEqualTo("hello");
    }

    @Test
    void cutsAGet() throws IOException {
        put("k", "hello");
        faults.next(1, StoreOperation.GET, "", new Fault.CutGet(2))
                .next(1, StoreOperation.GET, "", new Fault.CutGet(99));

        ObjectSlice slice = store.get("k", ByteRange.span(1, 4));
        assertThat(US_ASCII.decode(slice.bytes()).toString()).isEqualTo("el");
        assertThat(slice.objectBytes()).isEqualTo(5);
        assertThat(read("k")).isEqualTo("hell");
    }

    @Test
    void forgetsOneEntryWithoutEndingTheListing() throws IOException {
        for (String key : List.of("a", "b", "c", "d")) {
            put(key, key);
        }
        faults.next(2, StoreOperation.LIST, "", new Fault.ForgetEntry(1));

        assertThat(store.list("", "", 3))
                .extracting(ObjectInfo::key)
                .containsExactly("a", "c", "d");
        assertThat(store.list("", "", 9))
                .extracting(ObjectInfo::key)
                .containsExactly("a", "c", "d");
        assertThat(store.list("", "", 9)).hasSize(4);
    }

    @Test
    void leavesOneKeyOfABatchDeleteAndSaysSo() throws IOException {
        put("a", "x");
        put("b", "x");
        faults.next(1, StoreOperation.DELETE, "", new Fault.KeepOne(3));

        Map<String, DeleteResult> results = store.delete(List.of("a", "b"));

        assertThat(results.get("a")).isEqualTo(new DeleteResult.Deleted());
        assertThat(results.get("b")).isInstanceOf(DeleteResult.Failed.class);
        assertThat(truth.head("b")).isPresent();
    }

    @Test
    void liesOnlyAboutTheRequestsOfTheScriptAndRecordsThem() throws IOException {
        faults.after(1, 2, StoreOperation.PUT, "p/", new Fault.FailBefore());

        put("p/1", "x");
        put("q/1", "x");
        assertThatThrownBy(() -> put("p/2", "x"))
                .isInstanceOf(ObjectStoreException.Transient.class);
        assertThat(faults.remaining()).isEqualTo(1);
        assertThatThrownBy(() -> put("p/3", "x"))
                .isInstanceOf(ObjectStoreException.Transient.class);
        put("p/4", "x");

        assertThat(faults.remaining()).isZero();
        assertThat(store.lies())
                .containsExactly(
                        new Lie(new Request(2, StoreOperation.PUT, "p/2"), new Fault.FailBefore()),
                        new Lie(new Request(3, StoreOperation.PUT, "p/3"), new Fault.FailBefore()));
    }

    @Test
    void remembersABoundedNumberOfLiesAndCountsThemAll() throws IOException {
        int lies = FaultyObjectStore.LIES_KEPT_MAX + 5;
        faults.next(lies, StoreOperation.GET, "", new Fault.FlipGet(0));
        put("k", "x");

        for (int i = 0; i < lies; i++) {
            store.get("k", ByteRange.tail(1));
        }

        assertThat(store.lies()).hasSize(FaultyObjectStore.LIES_KEPT_MAX);
        assertThat(store.liesTold()).isEqualTo(lies);
    }

    @Test
    void refusesMoreRulesThanItsBound() {
        for (int i = 0; i < ScriptedFaults.RULES_MAX; i++) {
            faults.next(1, StoreOperation.GET, "never", new Fault.Deny());
        }

        assertThatThrownBy(() -> faults.next(1, StoreOperation.GET, "", new Fault.Deny()))
                .isInstanceOf(IllegalStateException.class);
        faults.clear();
        assertThat(faults.remaining()).isZero();
    }

    @Test
    void randomLiesReplayWithTheirSeedAndEnd() {
        long seed = Long.getLong("faults.seed", new Random().nextLong());
        List<Lie> first = randomLies(seed);

        assertThat(randomLies(seed))
                .as("replay with -Dfaults.seed=%d", seed)
                .isEqualTo(first)
                .hasSize(100);
        assertThat(first.stream().map(lie -> lie.fault().getClass()).distinct())
                .as("replay with -Dfaults.seed=%d", seed)
                .hasSizeGreaterThan(3);
    }

    private List<Lie> randomLies(long seed) {
        Map<RandomFaults.Kind, Double> chances = new EnumMap<>(RandomFaults.Kind.class);
        for (RandomFaults.Kind kind : RandomFaults.Kind.values()) {
            chances.put(kind, 0.1);
        }
        MemoryObjectStore bucket = new MemoryObjectStore(InstantSource.system());
        FaultyObjectStore liar =
                new FaultyObjectStore(
                        bucket, new RandomFaults(new Random(seed), chances, 100), time -> {});
        for (int i = 0; i < 2_000; i++) {
            String key = "k" + i % 10;
            List<ThrowingRunnable> requests =
                    List.of(
                            () -> liar.put(key, body("hello"), PutMode.OVERWRITE),
                            () -> liar.get(key, ByteRange.tail(3)),
                            () -> liar.list("k", "", 3),
                            () -> liar.delete(List.of(key, "x")));
            try {
                requests.get(i % requests.size()).run();
            } catch (IOException e) {
                assertThat(e).isInstanceOf(ObjectStoreException.class);
            }
        }
        return liar.lies();
    }

    @FunctionalInterface
    private interface ThrowingRunnable {
        void run() throws IOException;
    }

    private ObjectInfo put(String key, String content) throws IOException {
        return store.put(key, body(content), PutMode.IF_ABSENT);
    }

    private String read(String key) throws IOException {
        return US_ASCII.decode(store.get(key, ByteRange.tail(100)).bytes()).toString();
    }

    private static ObjectBody body(String content) {
        return ObjectBody.of(content.getBytes(US_ASCII));
    }
}
