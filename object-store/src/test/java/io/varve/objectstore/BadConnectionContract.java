// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.objectstore.wire.Fault;
import io.varve.objectstore.wire.FaultPlan;
import io.varve.objectstore.wire.Wire;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The real SDK and a real server with a connection between them that is slow, refuses, cuts, flips
/// bits and takes conditions off: deadlines are kept, throttling only slows down, nothing wrong is
/// stored, and a store that ignores conditions is refused by name. [LostAnswerContract] is about
/// puts whose outcome is unknown.
public abstract class BadConnectionContract {
    private static final Duration ATTEMPT = Duration.ofSeconds(1);
    private static final Duration CALL = Duration.ofSeconds(15);
    private static final Duration THROTTLED = Duration.ofMillis(200);
    private static final Duration CLOCK_ERROR = Duration.ofHours(5);
    private static final InstantSource CLOCK = InstantSource.system();

    private String bucket;
    private Wire wire;
    private ObjectStore direct;
    private ObjectStore bad;

    protected abstract TestServer server();

    /// Opens a bucket with requests whose signature, if any, does not cover the condition of a put;
    /// empty where every request's does, so that one without its condition is refused by itself.
    protected abstract Optional<ObjectStore> openUnsigned(
            String bucket, URI through, StoreLimits limits) throws IOException;

    @BeforeEach
    void connect() throws IOException {
        bucket = server().newBucket();
        wire = new Wire(server().endpoint());
        direct = server().open(bucket);
        bad = server().open(bucket, wire.endpoint(), limits(4));
    }

    private static StoreLimits limits(int attempts) {
        return new StoreLimits(
                8,
                ATTEMPT,
                ATTEMPT,
                CALL,
                1 << 20,
                attempts,
                Duration.ofMillis(1),
                THROTTLED,
                Duration.ofSeconds(2));
    }

    @AfterEach
    void disconnect() throws IOException {
        assertThat(wire.isThrough()).as("all faults were met").isTrue();
        bad.close();
        direct.close();
        wire.close();
    }

    /// A put, a read, a look, a listing and a delete.
    private static List<Call> calls(ObjectStore store) {
        return calls(store, "a/put");
    }

    private static List<Call> calls(ObjectStore store, String newKey) {
        return List.of(
                () -> store.put(newKey, ObjectBody.of(new byte[10]), PutMode.IF_ABSENT),
                () -> store.get("a/there", ByteRange.tail(10)),
                () -> store.head("a/there"),
                () -> store.list("", "", 10),
                () -> store.delete(List.of("a/there")),
                () -> store.serverTime());
    }

    @FunctionalInterface
    private interface Call {
        Object run() throws IOException;
    }

    @Test
    void aSlowServerIsWaitedFor() throws IOException {
        direct.put("a/there", ObjectBody.of(new byte[10]), PutMode.IF_ABSENT);

        for (Call call : calls(bad)) {
            wire.next(Fault.DELAY);
            Duration time = timeOf(call);

            assertThat(time).isBetween(Wire.DELAY, CALL);
        }
    }

    private static Duration timeOf(Call call) throws IOException {
        long startNs = System.nanoTime();
        Object _ = call.run();
        return Duration.ofNanos(System.nanoTime() - startNs);
    }

    @Test
    void anAnswerThatHangsIsAskedForAgainAtTheAttemptsDeadline() throws IOException {
        direct.put("a/there", ObjectBody.of(new byte[10]), PutMode.IF_ABSENT);

        for (Call call : calls(bad)) {
            wire.next(Fault.HANG);
            Duration time = timeOf(call);

            assertThat(time).isBetween(ATTEMPT, CALL);
        }
    }

    @Test
    void anAnswerThatDribblesEndsWithItsDeadlineThoughItIsNeverSilent() throws IOException {
        byte[] content = content(20_000);
        direct.put("a/there", ObjectBody.of(content), PutMode.IF_ABSENT);
        wire.next(Fault.DRIBBLE);
        long startNs = System.nanoTime();

        ByteBuffer read = bad.get("a/there", ByteRange.span(0, content.length)).bytes();

        assertThat(read).isEqualTo(ByteBuffer.wrap(content));
        assertThat(Duration.ofNanos(System.nanoTime() - startNs)).isLessThan(CALL);
        try (ObjectStore once = server().open(bucket, wire.endpoint(), limits(1))) {
            wire.next(Fault.DRIBBLE);
            assertThatThrownBy(() -> once.get("a/there", ByteRange.span(0, content.length)))
                    .isInstanceOf(ObjectStoreException.Transient.class);
        }
    }

    /// All calls at once: they wait for nothing but their own deadlines.
    @Test
    void aCallEndsWhenNothingEverAnswers() throws Exception {
        try (ObjectStore twice = server().open(bucket, wire.endpoint(), limits(2));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Fault fault : List.of(Fault.HANG, Fault.LOSE_REQUEST, Fault.LOSE_ANSWER)) {
                wire.follow(_ -> fault);
                List<Callable<Void>> ends =
                        calls(twice, "a/" + fault).stream()
                                .<Callable<Void>>map(call -> () -> requireEnd(fault, call))
                                .toList();
                for (Future<Void> end : threads.invokeAll(ends)) {
                    end.get();
                }
            }
        }
    }

    private static @Nullable Void requireEnd(Fault fault, Call call) {
        long startNs = System.nanoTime();

        assertThatThrownBy(call::run)
                .as("%s", fault)
                .isInstanceOf(ObjectStoreException.Transient.class);

        // A put looks after itself once more.
        assertThat(Duration.ofNanos(System.nanoTime() - startNs)).isLessThan(CALL.multipliedBy(2));
        return null;
    }

    /// Some clients take a head that breaks off for one that ends there.
    @Test
    void anAnswerWhoseHeadBreaksOffAnywhereIsNotBelieved() throws IOException {
        byte[] content = content(12_345);
        direct.put("a/there", ObjectBody.of(content), PutMode.IF_ABSENT);
        try (ObjectStore once = server().open(bucket, wire.endpoint(), limits(1))) {
            wire.follow(request ->
                    request.startsWith("PUT ") || request.startsWith("POST ")
                            ? Fault.LOSE_ANSWER
                            : Fault.CUT_HEAD);
            for (int bytes = 5; bytes < 700; bytes += bytes < 30 ? 1 : 13) {
                wire.cutHeadsAt(bytes);
                String key = "new/" + bytes;
                if (holds(() -> once.put(key, ObjectBody.of(content), PutMode.IF_ABSENT).bytes())) {
                    assertThat(direct.head(key)).as("cut behind %d", bytes).isPresent();
                }
                boolean _ =
                        holds(() -> once.get("a/there", ByteRange.span(45, 12_300)).objectBytes());
                boolean _ = holds(() -> once.get("a/there", ByteRange.tail(300)).objectBytes());
                boolean _ = holds(() -> once.head("a/there").orElseThrow().bytes());
            }
        }
    }

    /// Whether a call answers with the size of the object there; else its failure passes.
    private static boolean holds(Call size) throws IOException {
        try {
            assertThat(size.run()).isEqualTo(12_345L);
            return true;
        } catch (ObjectStoreException e) {
            assertThat(e).isInstanceOf(ObjectStoreException.Transient.class);
            return false;
        }
    }

    @Test
    void aStoreThatThrottlesIsAskedMoreSlowlyAndServesInTheEnd() throws IOException {
        direct.put("a/there", ObjectBody.of(new byte[10]), PutMode.IF_ABSENT);

        for (Call call : calls(bad)) {
            wire.next(Fault.ANSWER_503, Fault.ANSWER_429);
            Duration time = timeOf(call);

            // Two waits, each of which may be shortened to its half.
            assertThat(time).isBetween(THROTTLED, CALL);
        }
    }

    @Test
    void aStoreThatThrottlesForEverIsATransientFailure() throws IOException {
        try (ObjectStore twice = server().open(bucket, wire.endpoint(), limits(2))) {
            for (Fault fault : List.of(Fault.ANSWER_503, Fault.ANSWER_429)) {
                wire.follow(_ -> fault);
                for (Call call : calls(twice)) {
                    assertThatThrownBy(call::run)
                            .as("%s", fault)
                            .isInstanceOf(ObjectStoreException.Transient.class);
                }
            }
        }
    }

    @Test
    void aPutWhoseBytesChangeOnTheWayStoresNothingWrong() throws IOException {
        byte[] content = content(300_000);
        for (PutMode mode : PutMode.values()) {
            wire.next(Fault.FLIP_REQUEST);
            boolean stored = false;
            try {
                bad.put("a/" + mode, ObjectBody.of(content), mode);
                stored = true;
            } catch (ObjectStoreException e) {
                assertThat(e)
                        .isInstanceOfAny(
                                ObjectStoreException.Denied.class,
                                ObjectStoreException.Transient.class);
            }

            Optional<ObjectInfo> there = direct.head("a/" + mode);
            assertThat(there.isPresent()).as("what the put told").isEqualTo(stored);
            if (stored) {
                assertThat(direct.get("a/" + mode, ByteRange.span(0, content.length)).bytes())
                        .isEqualTo(ByteBuffer.wrap(content));
            }
        }
    }

    private static byte[] content(int bytes) {
        byte[] content = new byte[bytes];
        new Random(bytes).nextBytes(content);
        return content;
    }

    /// No store gives a checksum with a range that is read: ours finds it, here as everywhere.
    @Test
    void aConnectionThatFlipsBitsOfReadsDoesNotPassTheProbe() {
        wire.follow(request -> readsAnObject(request) ? Fault.FLIP_ANSWER : Fault.PASS);

        ProbeResult result = StoreProbe.run(bad, "probes/", CLOCK);

        assertThat(result.passed()).isFalse();
        assertThatThrownBy(result::requirePassed)
                .isInstanceOf(ObjectStoreException.Denied.class)
                .hasMessageContaining(bucket);
    }

    /// Not its metadata, as Google's are read by a path of their own, nor a listing.
    private static boolean readsAnObject(String request) {
        boolean metadata = request.contains("/storage/v1/") && !request.contains("alt=media");
        return request.startsWith("GET ")
                && request.contains("probe-")
                && !request.contains("prefix=")
                && !metadata;
    }

    @Test
    void aStoreThatIgnoresTheConditionOfAPutIsRefusedByName() throws IOException {
        StoreLimits limits = limits(2);
        Optional<ObjectStore> unsigned = openUnsigned(bucket, wire.endpoint(), limits);
        Assumptions.assumeTrue(
                unsigned.isPresent(), "each request of this store is signed with its condition");
        try (ObjectStore store = unsigned.orElseThrow()) {
            assertThat(StoreProbe.run(store, "probes/a/", CLOCK).passed())
                    .as("the same store as it is")
                    .isTrue();

            wire.stripConditions();
            ProbeResult result = StoreProbe.run(store, "probes/b/", CLOCK);

            assertThat(result.ignoresPutIfAbsent()).isTrue();
            assertThatThrownBy(result::requirePassed)
                    .isInstanceOf(ObjectStoreException.Denied.class)
                    .hasMessageContaining("put-if-absent")
                    .hasMessageContaining(bucket);
        }
    }

    @Test
    void aSignedPutWithoutItsConditionNeverOverwrites() throws IOException {
        direct.put("a/k", ObjectBody.of(content(10)), PutMode.IF_ABSENT);
        Assumptions.assumeTrue(signsConditions(), "the condition of a put is not signed");
        wire.stripConditions();

        assertThatThrownBy(() -> bad.put("a/k", ObjectBody.of(new byte[10]), PutMode.IF_ABSENT))
                .isInstanceOf(ObjectStoreException.class);

        assertThat(direct.get("a/k", ByteRange.tail(10)).bytes())
                .isEqualTo(ByteBuffer.wrap(content(10)));
    }

    /// Whether a put whose condition is taken off on its way is refused for its signature.
    protected boolean signsConditions() {
        return true;
    }

    @Test
    void aServerWhoseClockIsHoursOffIsBelievedAndUsed() throws IOException {
        Instant right = direct.serverTime();
        wire.shiftDates(CLOCK_ERROR);

        ObjectInfo put = bad.put("a/k", ObjectBody.of(content(10)), PutMode.IF_ABSENT);

        assertThat(bad.serverTime()).isAfterOrEqualTo(right.plus(CLOCK_ERROR));
        assertThat(put.bytes()).isEqualTo(10);
        assertThat(bad.get("a/k", ByteRange.tail(10)).bytes())
                .isEqualTo(ByteBuffer.wrap(content(10)));
        assertThatThrownBy(() -> bad.put("a/k", ObjectBody.of(new byte[1]), PutMode.IF_ABSENT))
                .isInstanceOf(ObjectStoreException.AlreadyExists.class);
        assertThat(bad.list("", "", 10)).hasSize(1);
        assertThat(bad.delete(List.of("a/k"))).containsEntry("a/k", new DeleteResult.Deleted());
    }

    /// What was acknowledged is there, whole; a put that lost has not changed it.
    @Test
    void behindAConnectionThatIsBadAllTheTimeNothingAcknowledgedIsLostOrWrong() throws IOException {
        long seed = Long.getLong("sim.seed", new Random().nextLong());
        wire.follow(
                FaultPlan.random(
                        seed,
                        Map.of(
                                Fault.LOSE_REQUEST, 60,
                                Fault.LOSE_ANSWER, 60,
                                Fault.CUT_ANSWER, 60,
                                Fault.ANSWER_503, 40,
                                Fault.ANSWER_429, 20)));
        Random random = new Random(seed);
        byte[][] told = new byte[60][];
        for (int i = 0; i < told.length; i++) {
            byte[] content = content(1 + random.nextInt(2_000));
            try {
                bad.put("k/" + i, ObjectBody.of(content), PutMode.IF_ABSENT);
                told[i] = content;
            } catch (ObjectStoreException.AlreadyExists e) {
                throw new AssertionError("nobody else puts: seed=" + seed, e);
            } catch (ObjectStoreException e) {
                assertThat(e)
                        .as("seed=%d", seed)
                        .isNotInstanceOf(ObjectStoreException.NotFound.class);
            }
        }

        int acknowledged = 0;
        for (int i = 0; i < told.length; i++) {
            if (told[i] != null) {
                acknowledged++;
                assertThat(direct.get("k/" + i, ByteRange.span(0, 2_000)).bytes())
                        .as("seed=%d, key=k/%d", seed, i)
                        .isEqualTo(ByteBuffer.wrap(told[i]));
            }
        }
        assertThat(acknowledged).as("seed=%d", seed).isGreaterThan(told.length / 2);
    }
}
