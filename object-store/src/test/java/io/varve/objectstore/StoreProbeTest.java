// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.objectstore.ProbeResult.Check;
import io.varve.objectstore.ProbeResult.Checked;
import io.varve.objectstore.ProbeResult.Outcome;
import io.varve.objectstore.StoreTraits.Trait;
import io.varve.objectstore.faulty.Fault;
import io.varve.objectstore.faulty.FaultyObjectStore;
import io.varve.objectstore.faulty.ScriptedFaults;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

final class StoreProbeTest {
    private static final String PREFIX = "probes/node-1/";
    private static final InstantSource CLOCK = InstantSource.system();

    private final MemoryObjectStore bucket =
            new MemoryObjectStore("bucket", InstantSource.system());
    private final ScriptedFaults faults = new ScriptedFaults();
    private final ObjectStore faulty = new FaultyObjectStore(bucket, faults, time -> {});

    private static ProbeResult probe(ObjectStore store) {
        return StoreProbe.run(store, PREFIX, CLOCK);
    }

    @Test
    void passesAnHonestStoreAndLeavesNothing() throws IOException {
        bucket.put("other", ObjectBody.of(new byte[1]), PutMode.IF_ABSENT);

        ProbeResult result = probe(faulty);

        assertThat(result.failures()).isEmpty();
        assertThat(result.checks())
                .extracting(Checked::check)
                .containsExactly(
                        Check.PUT_IF_ABSENT_TWICE,
                        Check.PUT_IF_ABSENT_RACE,
                        Check.LIST_AFTER_WRITE,
                        Check.RANGED_READ,
                        Check.CHECKSUM,
                        Check.OVERWRITE,
                        Check.DELETE,
                        Check.CLOCK);
        assertThat(result.checks())
                .allMatch(checked -> checked.outcome().equals(new Outcome.Held()));
        assertThatCode(result::requirePassed).doesNotThrowAnyException();
        assertThat(result.summary()).isEqualTo("bucket=mem:bucket, all checks passed");
        assertThat(result.remarks()).isEmpty();
        assertThat(bucket.list("", "", 10)).extracting(ObjectInfo::key).containsExactly("other");
    }

    @Test
    void passesAfterAnEarlierProbeThatDied() throws IOException {
        for (String key : List.of("probe-once", "probe-race-1", "probe-wrong", "probe-summed")) {
            bucket.put(PREFIX + key, ObjectBody.of(new byte[1]), PutMode.IF_ABSENT);
        }

        assertThat(probe(faulty).failures()).isEmpty();
        assertThat(bucket.objects()).isZero();
    }

    @Test
    void refusesByNameAStoreThatIgnoresIfAbsent() {
        ProbeResult result = probe(new Lying(bucket).takingEveryPut());

        assertThat(result.failures())
                .extracting(Checked::check)
                .contains(Check.PUT_IF_ABSENT_TWICE, Check.PUT_IF_ABSENT_RACE);
        assertThat(result.ignoresPutIfAbsent()).isTrue();
        assertThatThrownBy(result::requirePassed)
                .isInstanceOf(ObjectStoreException.Denied.class)
                .hasMessageContaining("does not enforce put-if-absent")
                .hasMessageContaining("bucket=mem:bucket");
        assertThat(bucket.objects()).isZero();
    }

    /// It looks before it writes: two puts one after the other are right, racing ones are not.
    @Test
    void aStoreThatChecksAndThenActsIsSeenInARace() {
        ProbeResult result = probe(new Lying(bucket).checkingThenActing());

        assertThat(result.failures())
                .extracting(Checked::check)
                .containsExactly(Check.PUT_IF_ABSENT_RACE);
        assertThat(result.ignoresPutIfAbsent()).isTrue();
    }

    @Test
    void namesAListingThatForgets() {
        faults.after(1, 1, StoreOperation.LIST, PREFIX, new Fault.ForgetEntry(1));

        assertOnlyBroken(Check.LIST_AFTER_WRITE);
    }

    @Test
    void namesARangedReadOfWrongBytes() {
        // The first gets read what the second put and the races left.
        faults.after(1 + StoreProbe.RACES, 1, StoreOperation.GET, PREFIX, new Fault.FlipGet(3));

        assertOnlyBroken(Check.RANGED_READ);
    }

    @Test
    void namesAnObjectThatIsReadWithOtherBytes() {
        faults.next(1, StoreOperation.GET, PREFIX + "probe-summed", new Fault.FlipGet(40_000));

        assertOnlyBroken(Check.CHECKSUM);
    }

    @Test
    void namesAStoreThatTakesABodyUnlikeItsChecksum() {
        ProbeResult result = probe(new Lying(bucket).believingBodies());

        assertThat(result.failures()).extracting(Checked::check).containsExactly(Check.CHECKSUM);
        assertThat(result.summary()).contains("a body unlike its CRC32C was taken");
        assertThat(bucket.objects()).isZero();
    }

    @Test
    void namesAnOverwriteThatIsNotSeen() {
        ProbeResult result = probe(new Lying(bucket).forgettingOverwrites());

        assertThat(result.failures()).extracting(Checked::check).containsExactly(Check.OVERWRITE);
    }

    @Test
    void namesADeleteThatDeletesNothing() {
        ProbeResult result = probe(new Lying(bucket).keepingWhatItDeletes());

        assertThat(result.failures()).extracting(Checked::check).containsExactly(Check.DELETE);
        assertThat(result.summary()).contains("deleted objects are still there");
    }

    private void assertOnlyBroken(Check check) {
        ProbeResult result = probe(faulty);

        assertThat(result.failures()).extracting(Checked::check).containsExactly(check);
        assertThat(result.broken()).isTrue();
        assertThat(result.ignoresPutIfAbsent()).isFalse();
        assertThatThrownBy(result::requirePassed)
                .isInstanceOf(ObjectStoreException.Denied.class)
                .hasMessageContaining(check.label());
        assertThat(bucket.objects()).isZero();
    }

    @Test
    void tellsAStoreThatDoesNotAnswerFromOneThatLies() {
        faults.next(1, StoreOperation.PUT, PREFIX + "probe-once", new Fault.Throttle());

        ProbeResult result = probe(faulty);

        assertThat(result.passed()).isFalse();
        assertThat(result.broken()).isFalse();
        assertThat(result.ignoresPutIfAbsent()).isFalse();
        assertThat(result.checks())
                .filteredOn(checked -> checked.outcome() instanceof Outcome.Skipped)
                .extracting(Checked::check)
                .contains(Check.PUT_IF_ABSENT_RACE, Check.OVERWRITE, Check.CLOCK);
        assertThatThrownBy(result::requirePassed)
                .isInstanceOf(ObjectStoreException.Transient.class);
        assertThat(bucket.objects()).isZero();
    }

    @Test
    void aProbeThatAFailureEndedIsMadeAgain() {
        faults.next(StoreProbe.TRIES - 1, StoreOperation.GET, PREFIX, new Fault.FailBefore());

        assertThat(StoreProbe.persist(faulty, PREFIX, CLOCK).passed()).isTrue();
        assertThat(bucket.objects()).isZero();
    }

    @Test
    void aStoreThatStaysAwayIsNotTriedForEver() {
        faults.next(Integer.MAX_VALUE, StoreOperation.DELETE, PREFIX, new Fault.Throttle());
        CountingObjectStore counting = new CountingObjectStore(faulty);

        ProbeResult result = StoreProbe.persist(counting, PREFIX, CLOCK);

        assertThat(result.passed()).isFalse();
        assertThat(result.broken()).isFalse();
        assertThat(counting.counts().of(StoreOperation.DELETE).requests())
                .as("before anything is written, and at the end, of each probe")
                .isLessThanOrEqualTo(2 * StoreProbe.TRIES);
    }

    @Test
    void aStoreThatAnswersSlowlyIsTriedOnce() {
        faults.next(Integer.MAX_VALUE, StoreOperation.DELETE, PREFIX, new Fault.Throttle());
        CountingObjectStore counting = new CountingObjectStore(faulty);
        AtomicInteger minutes = new AtomicInteger();

        StoreProbe.persist(
                counting, PREFIX, () -> Instant.ofEpochSecond(60L * minutes.getAndIncrement()));

        assertThat(counting.counts().of(StoreOperation.DELETE).requests()).isLessThanOrEqualTo(2);
    }

    @Test
    void whatAProbeFoundIsNotAskedAgain() {
        faults.next(1, StoreOperation.DELETE, PREFIX, new Fault.Deny());
        CountingObjectStore counting = new CountingObjectStore(faulty);

        assertThat(StoreProbe.persist(counting, PREFIX, CLOCK).passed()).isFalse();
        assertThat(counting.counts().of(StoreOperation.DELETE).requests()).isLessThanOrEqualTo(2);
    }

    /// Each request of the probe in turn fails, before or after it did its work: never is a good
    /// store called a bad one, and nothing stays that could be removed.
    @Test
    void noLostAnswerMakesAGoodStoreLookBad() throws IOException {
        for (Fault fault : List.of(new Fault.FailBefore(), new Fault.FailAfter())) {
            for (StoreOperation operation :
                    List.of(
                            StoreOperation.PUT,
                            StoreOperation.GET,
                            StoreOperation.LIST,
                            StoreOperation.HEAD)) {
                int request = 0;
                FaultyObjectStore store;
                do {
                    ScriptedFaults once = new ScriptedFaults();
                    once.after(request++, 1, operation, PREFIX, fault);
                    store = new FaultyObjectStore(bucket, once, time -> {});
                    ProbeResult result = probe(store);
                    assertThat(result.broken())
                            .as("%s %s %s: %s", fault, operation, request, result.summary())
                            .isFalse();
                    assertThat(result.passed() || store.liesTold() > 0).isTrue();
                    assertThat(bucket.objects()).isZero();
                } while (store.liesTold() > 0);
                assertThat(request).as("requests of %s", operation).isGreaterThan(2);
            }
        }
    }

    @Test
    void writesNothingWhereItCannotDelete() {
        faults.next(1, StoreOperation.DELETE, PREFIX, new Fault.Deny());

        ProbeResult result = probe(faulty);

        assertThat(result.failures()).extracting(Checked::check).containsExactly(Check.DELETE);
        assertThatThrownBy(result::requirePassed).isInstanceOf(ObjectStoreException.Denied.class);
        assertThat(bucket.objects()).isZero();
    }

    @Test
    void aLockedBucketIsUsedAndSaid() {
        faults.after(1, 1, StoreOperation.DELETE, PREFIX, new Fault.Deny());
        StoreTraits locked =
                new StoreTraits(
                        new Trait.Present("versioning=Enabled"),
                        new Trait.Present("object lock, mode=COMPLIANCE, days=30"),
                        new Trait.Absent(),
                        Optional.of("eu-west-3"));

        ProbeResult result = probe(new Lying(faulty).saying(locked));

        assertThatCode(result::requirePassed).doesNotThrowAnyException();
        assertThat(result.remarks())
                .hasSize(3)
                .anyMatch(remark -> remark.startsWith("delete: deletes are refused"))
                .anyMatch(remark -> remark.contains("versioning=Enabled"))
                .anyMatch(remark -> remark.contains("days=30"));
    }

    @Test
    void aWrongClockIsSaidAndNotRefused() {
        for (int minutes : List.of(-10, 10)) {
            InstantSource wrong = InstantSource.offset(CLOCK, Duration.ofMinutes(minutes));

            ProbeResult result = StoreProbe.run(bucket, PREFIX, wrong);

            assertThat(result.passed()).isTrue();
            assertThat(result.remarks())
                    .singleElement()
                    .asString()
                    .contains(minutes < 0 ? "s ahead of this host's" : "s behind this host's")
                    .contains("NTP");
        }
    }

    @Test
    void aProbeIsAFewRequests() {
        CountingObjectStore counting = new CountingObjectStore(bucket);

        probe(counting);

        assertThat(counting.counts().of(StoreOperation.PUT).requests())
                .isEqualTo(5 + StoreProbe.RACERS * StoreProbe.RACES);
        long others =
                List.of(
                                StoreOperation.GET,
                                StoreOperation.HEAD,
                                StoreOperation.LIST,
                                StoreOperation.DELETE,
                                StoreOperation.SERVER_TIME)
                        .stream()
                        .mapToLong(operation -> counting.counts().of(operation).requests())
                        .sum();
        assertThat(others).isLessThanOrEqualTo(21);
    }

    /// A store that breaks one promise.
    private static final class Lying implements ObjectStore {
        private final ObjectStore store;
        private UnaryOperator<PutMode> modes = mode -> mode;
        private boolean checksThenActs;
        private boolean believes;
        private boolean forgetsOverwrites;
        private boolean keepsAll;
        private StoreTraits traits = StoreTraits.PLAIN;
        private final CyclicBarrier looking = new CyclicBarrier(StoreProbe.RACERS);

        Lying(ObjectStore store) {
            this.store = store;
        }

        /// As some servers do.
        Lying takingEveryPut() {
            modes = mode -> PutMode.OVERWRITE;
            return this;
        }

        Lying checkingThenActing() {
            checksThenActs = true;
            return this;
        }

        Lying believingBodies() {
            believes = true;
            return this;
        }

        Lying forgettingOverwrites() {
            forgetsOverwrites = true;
            return this;
        }

        Lying keepingWhatItDeletes() {
            keepsAll = true;
            return this;
        }

        Lying saying(StoreTraits told) {
            traits = told;
            return this;
        }

        @Override
        public ObjectInfo put(String key, ObjectBody body, PutMode mode)
                throws ObjectStoreException {
            if (forgetsOverwrites && mode == PutMode.OVERWRITE) {
                return store.head(key).orElseThrow();
            }
            ObjectBody taken = body;
            if (believes && key.endsWith("wrong")) {
                taken = ObjectBody.of(new byte[] {1});
            }
            if (checksThenActs && key.contains("race")) {
                lookBeforeWriting(key);
                return store.put(key, taken, PutMode.OVERWRITE);
            }
            return store.put(key, taken, modes.apply(mode));
        }

        /// The racers all look before one of them writes.
        private void lookBeforeWriting(String key) throws ObjectStoreException {
            if (store.head(key).isPresent()) {
                throw new ObjectStoreException.AlreadyExists("exists: key=" + key, null);
            }
            try {
                looking.await(10, TimeUnit.SECONDS);
            } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
                throw new ObjectStoreException.Transient("racers did not come", e);
            }
        }

        @Override
        public ObjectSlice get(String key, ByteRange range) throws ObjectStoreException {
            return store.get(key, range);
        }

        @Override
        public Optional<ObjectInfo> head(String key) throws ObjectStoreException {
            return store.head(key);
        }

        @Override
        public List<ObjectInfo> list(String prefix, String startAfter, int maxKeys)
                throws ObjectStoreException {
            return store.list(prefix, startAfter, maxKeys);
        }

        @Override
        public Map<String, DeleteResult> delete(Collection<String> keys)
                throws ObjectStoreException {
            Map<String, DeleteResult> answer = new HashMap<>();
            keys.forEach(key -> answer.put(key, new DeleteResult.Deleted()));
            return keepsAll ? answer : store.delete(keys);
        }

        @Override
        public Instant serverTime() throws ObjectStoreException {
            return store.serverTime();
        }

        @Override
        public StoreTraits traits() {
            return traits;
        }

        @Override
        public String url() {
            return store.url();
        }

        @Override
        public void close() {
            store.close();
        }
    }
}
