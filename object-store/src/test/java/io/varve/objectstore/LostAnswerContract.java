// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.varve.objectstore.wire.Fault;
import io.varve.objectstore.wire.Wire;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A put whose answer is lost, on a real server behind a bad connection: its outcome is read, never
/// guessed. Nobody may be told that it won what another has, nor that it lost what is its own.
public abstract class LostAnswerContract {
    private static final Duration ATTEMPT = Duration.ofSeconds(1);
    private static final Duration CALL = Duration.ofSeconds(20);

    private String bucket;
    private Wire wire;
    private ObjectStore direct;
    private ObjectStore once;
    private ObjectStore thrice;

    protected abstract TestServer server();

    @BeforeEach
    void connect() throws IOException {
        bucket = server().newBucket();
        wire = new Wire(server().endpoint());
        direct = server().open(bucket);
        once = through(1, ATTEMPT);
        thrice = through(3, ATTEMPT);
    }

    private ObjectStore through(int attempts, Duration attempt) throws IOException {
        StoreLimits limits =
                new StoreLimits(
                        8,
                        attempt,
                        attempt,
                        CALL,
                        1 << 20,
                        attempts,
                        Duration.ofMillis(1),
                        Duration.ofMillis(1),
                        Duration.ofMillis(1));
        return server().open(bucket, wire.endpoint(), limits);
    }

    @AfterEach
    void disconnect() throws IOException {
        assertThat(wire.isThrough()).as("all faults were met").isTrue();
        once.close();
        thrice.close();
        direct.close();
        wire.close();
    }

    private static ObjectInfo put(ObjectStore store, String content, PutMode mode)
            throws ObjectStoreException {
        return store.put("a/k", ObjectBody.of(content.getBytes(US_ASCII)), mode);
    }

    private String stored() throws ObjectStoreException {
        return US_ASCII.decode(direct.get("a/k", ByteRange.tail(1_000)).bytes()).toString();
    }

    @Test
    void aPutThatWasDoneHasSucceededThoughItsAnswerIsLost() throws IOException {
        for (PutMode mode : PutMode.values()) {
            wire.next(Fault.LOSE_ANSWER);

            ObjectInfo info = put(once, mode.name(), mode);

            assertThat(info).isEqualTo(direct.head("a/k").orElseThrow());
            assertThat(stored()).isEqualTo(mode.name());
        }
    }

    @Test
    void aPutThatMeetsItsOwnFirstAttemptHasSucceeded() throws IOException {
        wire.next(Fault.LOSE_ANSWER);

        assertThat(put(thrice, "mine", PutMode.IF_ABSENT).bytes()).isEqualTo(4);

        assertThat(stored()).isEqualTo("mine");
        assertThatThrownBy(() -> put(thrice, "mine", PutMode.IF_ABSENT))
                .as("a second put of the same bytes is another put")
                .isInstanceOf(ObjectStoreException.AlreadyExists.class);
    }

    @Test
    void aPutThatLostIsToldSoThoughTheAnswerIsLostAndTheBytesAreTheSame() throws IOException {
        put(direct, "same", PutMode.IF_ABSENT);

        for (ObjectStore store : new ObjectStore[] {once, thrice}) {
            wire.next(Fault.LOSE_ANSWER);

            assertThatThrownBy(() -> put(store, "same", PutMode.IF_ABSENT))
                    .isInstanceOf(ObjectStoreException.AlreadyExists.class)
                    .hasMessageContaining("a/k");
        }
    }

    @Test
    void aPutThatNeverReachedTheServerIsUnknown() throws IOException {
        wire.next(Fault.LOSE_REQUEST);

        assertThatThrownBy(() -> put(once, "x", PutMode.IF_ABSENT))
                .isInstanceOf(ObjectStoreException.Transient.class);

        assertThat(direct.head("a/k")).isEmpty();
        wire.next(Fault.LOSE_REQUEST, Fault.LOSE_REQUEST);
        put(thrice, "third", PutMode.IF_ABSENT);
        assertThat(stored()).isEqualTo("third");
    }

    @Test
    void anOverwriteThatNeverReachedTheServerIsUnknownThoughAnObjectIsThere() throws IOException {
        put(direct, "older", PutMode.OVERWRITE);
        wire.next(Fault.LOSE_REQUEST);

        assertThatThrownBy(() -> put(once, "newer", PutMode.OVERWRITE))
                .isInstanceOf(ObjectStoreException.Transient.class);

        assertThat(stored()).isEqualTo("older");
    }

    @Test
    void aPutIsUnknownWhenItsOutcomeCannotBeRead() throws IOException {
        wire.next(Fault.LOSE_ANSWER, Fault.LOSE_ANSWER);

        assertThatThrownBy(() -> put(once, "done", PutMode.IF_ABSENT))
                .isInstanceOf(ObjectStoreException.Transient.class)
                .satisfies(error -> assertThat(error.getSuppressed()).hasSize(1));

        assertThat(stored()).isEqualTo("done");
    }

    @Test
    void anAnswerThatNeverComesEndsWithTheAttemptsDeadline() throws IOException {
        for (ObjectStore store : new ObjectStore[] {once, thrice}) {
            direct.delete(List.of("a/k"));
            wire.next(Fault.HANG);
            long startNs = System.nanoTime();

            put(store, "done", PutMode.IF_ABSENT);

            assertThat(Duration.ofNanos(System.nanoTime() - startNs)).isBetween(ATTEMPT, CALL);
            assertThat(stored()).isEqualTo("done");
        }
    }

    @Test
    void anInterruptedCallEndsAtOnceAndSaysThatItsOutcomeIsUnknown() throws Exception {
        ObjectStore patient = through(3, CALL);
        wire.next(Fault.HANG);
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        long startNs = System.nanoTime();
        Thread caller =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                put(patient, "x", PutMode.IF_ABSENT);
                                interrupted.completeExceptionally(
                                        new AssertionError("it returned"));
                            } catch (ObjectStoreException.Transient e) {
                                interrupted.complete(Thread.currentThread().isInterrupted());
                            } catch (Throwable e) {
                                interrupted.completeExceptionally(e);
                            }
                        });
        await().until(wire::isThrough);

        caller.interrupt();

        assertThat(interrupted.get(CALL.toSeconds(), TimeUnit.SECONDS))
                .as("the thread stays interrupted")
                .isTrue();
        assertThat(Duration.ofNanos(System.nanoTime() - startNs)).isLessThan(CALL);
        patient.close();
    }

    @Test
    void aReadThatBreaksOffIsReadAgainFromItsStart() throws IOException {
        byte[] content = new byte[3_000_000];
        new Random(1).nextBytes(content);
        direct.put("large", ObjectBody.of(content), PutMode.IF_ABSENT);
        wire.next(Fault.CUT_ANSWER, Fault.LOSE_ANSWER);

        assertThat(thrice.get("large", ByteRange.span(0, content.length)).bytes())
                .isEqualTo(ByteBuffer.wrap(content));

        wire.next(Fault.CUT_ANSWER);
        assertThatThrownBy(() -> once.get("large", ByteRange.span(0, content.length)))
                .isInstanceOf(ObjectStoreException.Transient.class);
    }

    @Test
    void aDeleteIsDoneAgain() throws IOException {
        put(direct, "x", PutMode.IF_ABSENT);
        wire.next(Fault.LOSE_ANSWER);

        assertThat(thrice.delete(List.of("a/k"))).containsEntry("a/k", new DeleteResult.Deleted());

        wire.next(Fault.LOSE_ANSWER);
        assertThatThrownBy(() -> once.delete(List.of("a/k")))
                .isInstanceOf(ObjectStoreException.Transient.class);
    }
}
