// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.varve.objectstore.ProbeResult.Check;
import io.varve.objectstore.ProbeResult.Outcome;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Tries at start-up whether a store keeps those promises of [ObjectStore] that Varve's safety
/// rests on. Some servers take a conditional put and ignore the condition; on such a store two
/// brokers would overwrite each other's journals. Writes a few small objects under one prefix and
/// removes them.
///
/// A put whose outcome stays unknown says nothing against the store: what was seen then must fit
/// one of the two outcomes, and if it does the probe ends as one that could not be made.
///
/// Owner: one call; blocks for as long as about forty requests take.
public final class StoreProbe {
    /// How many threads race for one key.
    static final int RACERS = 8;

    /// How often they do.
    static final int RACES = 3;

    /// How often a probe is made that a passing failure keeps from its end.
    static final int TRIES = 3;

    /// No other probe begins when the first began longer ago than this: the store is away then, and
    /// each request takes the client's whole deadline.
    private static final Duration TRIES_WITHIN = Duration.ofSeconds(5);

    /// More than one packet, and no multiple of a block.
    private static final int SUMMED_BYTES = 70_001;

    private static final int PAGE = 100;

    private final ObjectStore store;
    private final String keyPrefix;
    private final String onceKey;
    private final String summedKey;
    private final String wrongKey;
    private final List<String> raceKeys;
    private final ProbeSteps steps;

    private StoreProbe(ObjectStore store, String keyPrefix, InstantSource clock) {
        this.store = store;
        this.keyPrefix = keyPrefix;
        this.onceKey = ObjectKeys.check(keyPrefix + "probe-once");
        this.raceKeys =
                IntStream.range(0, RACES)
                        .mapToObj(race -> keyPrefix + "probe-race-" + race)
                        .toList();
        this.summedKey = keyPrefix + "probe-summed";
        this.wrongKey = keyPrefix + "probe-wrong";
        this.steps = new ProbeSteps(store, clock);
    }

    /// Probes the store, and again when a passing failure kept a probe from its end: over a bad
    /// connection one of forty requests may well fail, which says nothing about the store.
    ///
    /// @param keyPrefix as [#run] takes it; each probe has a folder in it, so that what a failed
    ///   request of one did late is not met by the next
    /// @return what the last probe found
    public static ProbeResult persist(ObjectStore store, String keyPrefix, InstantSource clock) {
        Instant start = clock.instant();
        int tries = 0;
        ProbeResult result;
        do {
            result = run(store, keyPrefix + tries++ + "/", clock);
        } while (result.wasKeptFromItsEnd()
                && tries < TRIES
                && clock.instant().isBefore(start.plus(TRIES_WITHIN)));
        return result;
    }

    /// Probes the store once.
    ///
    /// @param keyPrefix of the probe's objects; no one else may use it meanwhile, so it should name
    ///   the prober
    /// @param clock the host's: how long checks took, and whether the store's clock is another
    public static ProbeResult run(ObjectStore store, String keyPrefix, InstantSource clock) {
        return new StoreProbe(store, keyPrefix, clock).run();
    }

    /// Some stores show what they are by the answer to a put.
    private ProbeResult run() {
        StoreTraits traits = StoreTraits.UNKNOWN;
        if (steps.holds(Check.DELETE, this::removeObjects)) {
            steps.check(Check.PUT_IF_ABSENT_TWICE, this::putTwice);
            StoreTraits found = steps.stopped() ? StoreTraits.UNKNOWN : store.traits();
            traits = found;
            steps.check(Check.PUT_IF_ABSENT_RACE, this::race);
            steps.check(Check.LIST_AFTER_WRITE, this::list);
            steps.check(Check.RANGED_READ, this::readRanges);
            steps.check(Check.CHECKSUM, this::sum);
            steps.check(Check.OVERWRITE, this::overwrite);
            steps.always(Check.DELETE, () -> removeFrom(found));
        }
        return steps.end(traits);
    }

    private Outcome putTwice() throws ObjectStoreException {
        store.put(onceKey, body("first"), PutMode.IF_ABSENT);
        try {
            store.put(onceKey, body("second"), PutMode.IF_ABSENT);
            return new Outcome.Broken(
                    "the store took a second put-if-absent of one key: key=" + onceKey);
        } catch (ObjectStoreException.AlreadyExists e) {
            return ProbeSteps.unless(
                    !read(onceKey, ByteRange.tail(100)).equals("first"),
                    "the refused put changed the object: key=" + onceKey);
        }
    }

    /// All races are run, so that the listing after them finds what it should.
    private Outcome race() throws ObjectStoreException {
        Outcome worst = new Outcome.Held();
        for (String key : raceKeys) {
            Outcome outcome = raceFor(key);
            if (outcome instanceof Outcome.Broken) {
                worst = outcome;
            }
        }
        return worst;
    }

    private Outcome raceFor(String key) throws ObjectStoreException {
        List<String> winners = new ArrayList<>();
        ObjectStoreException.@Nullable Transient unknown = null;
        for (Racer racer : racers(key)) {
            @Nullable ObjectStoreException error = racer.error();
            if (error == null) {
                winners.add(racer.content());
            } else if (error instanceof ObjectStoreException.Transient e) {
                unknown = e;
            } else if (!(error instanceof ObjectStoreException.AlreadyExists)) {
                throw error;
            }
        }
        if (winners.size() > 1 || (winners.isEmpty() && unknown == null)) {
            return new Outcome.Broken(
                    "racing puts-if-absent of one key had not one winner: key="
                            + key
                            + ", racers="
                            + RACERS
                            + ", winners="
                            + winners.size());
        }
        if (winners.size() == 1 && !read(key, ByteRange.tail(100)).equals(winners.getFirst())) {
            return new Outcome.Broken("the object is not the winner's: key=" + key);
        }
        if (unknown != null) {
            throw unknown;
        }
        return new Outcome.Held();
    }

    /// One put of a race.
    ///
    /// @param error null when it won
    private record Racer(String content, @Nullable ObjectStoreException error) {}

    private List<Racer> racers(String key) throws ObjectStoreException {
        CountDownLatch start = new CountDownLatch(1);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Racer>> racing =
                    IntStream.range(0, RACERS)
                            .mapToObj(racer ->
                                    threads.submit(() -> {
                                        start.await();
                                        return race(key, "racer-" + racer);
                                    }))
                            .toList();
            start.countDown();
            List<Racer> racers = new ArrayList<>();
            for (Future<Racer> racer : racing) {
                racers.add(racer.get());
            }
            return racers;
        } catch (ExecutionException e) {
            throw new IllegalStateException("racer failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ObjectStoreException.Transient("interrupted while probing", e);
        }
    }

    private Racer race(String key, String content) {
        try {
            store.put(key, body(content), PutMode.IF_ABSENT);
            return new Racer(content, null);
        } catch (ObjectStoreException e) {
            return new Racer(content, e);
        }
    }

    private Outcome list() throws ObjectStoreException {
        List<String> written = Stream.concat(Stream.of(onceKey), raceKeys.stream()).toList();
        List<String> found = keys(store.list(keyPrefix, "", PAGE));
        List<String> afterFirst = keys(store.list(keyPrefix, onceKey, PAGE));
        return ProbeSteps.unless(
                !found.equals(written) || !afterFirst.equals(raceKeys),
                "a listing does not show what was written: found="
                        + found
                        + ", afterFirst="
                        + afterFirst);
    }

    private static List<String> keys(List<ObjectInfo> page) {
        return page.stream().map(ObjectInfo::key).toList();
    }

    private Outcome readRanges() throws ObjectStoreException {
        String middle = read(onceKey, ByteRange.span(1, 3));
        String cut = read(onceKey, ByteRange.span(3, 100));
        String tail = read(onceKey, ByteRange.tail(2));
        boolean right = middle.equals("irs") && cut.equals("st") && tail.equals("st");
        if (!right) {
            return new Outcome.Broken(
                    "a ranged read gave other bytes: middle="
                            + middle
                            + ", cut="
                            + cut
                            + ", tail="
                            + tail);
        }
        try {
            String behind = read(onceKey, ByteRange.span(5, 1));
            return new Outcome.Broken("a range behind the object's end was read: bytes=" + behind);
        } catch (ObjectStoreException.InvalidRange e) {
            return new Outcome.Held();
        }
    }

    private Outcome sum() throws ObjectStoreException {
        byte[] content = new byte[SUMMED_BYTES];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) ((i * 31) ^ (i >>> 8));
        }
        ObjectBody body = ObjectBody.of(content);
        store.put(summedKey, body, PutMode.IF_ABSENT);
        ObjectSlice slice = store.get(summedKey, ByteRange.span(0, 2 * SUMMED_BYTES));
        byte[] read = new byte[slice.bytes().remaining()];
        slice.bytes().get(read);
        if (!Arrays.equals(content, read) || slice.objectBytes() != content.length) {
            return new Outcome.Broken(
                    "other bytes were read than were put: put="
                            + content.length
                            + ", read="
                            + read.length
                            + ", key="
                            + summedKey);
        }
        return refuseWrong(body);
    }

    private Outcome refuseWrong(ObjectBody body) throws ObjectStoreException {
        try {
            store.put(wrongKey, body.declaring(~body.crc32c()), PutMode.IF_ABSENT);
            return new Outcome.Broken("a body unlike its CRC32C was taken: key=" + wrongKey);
        } catch (ObjectStoreException.Denied e) {
            return ProbeSteps.unless(
                    store.head(wrongKey).isPresent(),
                    "a body unlike its CRC32C was refused and stored: key=" + wrongKey);
        }
    }

    private Outcome overwrite() throws ObjectStoreException {
        store.put(onceKey, body("another"), PutMode.OVERWRITE);
        String content = read(onceKey, ByteRange.tail(100));
        return ProbeSteps.unless(
                !content.equals("another"),
                "an overwritten object shows old bytes: key=" + onceKey);
    }

    /// A bucket that keeps what is deleted for a while is safe; that is said.
    private Outcome removeFrom(StoreTraits traits) throws ObjectStoreException {
        try {
            return removeObjects();
        } catch (ObjectStoreException.Denied e) {
            if (traits.retention() instanceof StoreTraits.Trait.Present(String how)) {
                return new Outcome.Noted(
                        "deletes are refused until an object's lock ends ("
                                + how
                                + "): "
                                + e.getMessage());
            }
            throw e;
        }
    }

    private Outcome removeObjects() throws ObjectStoreException {
        List<String> all =
                Stream.concat(Stream.of(onceKey, summedKey, wrongKey), raceKeys.stream()).toList();
        Map<String, DeleteResult> results = store.delete(all);
        for (DeleteResult result : results.values()) {
            if (result instanceof DeleteResult.Failed(ObjectStoreException error)) {
                throw error;
            }
        }
        List<String> left = keys(store.list(keyPrefix, "", PAGE));
        boolean gone = left.isEmpty() && store.head(onceKey).isEmpty();
        return ProbeSteps.unless(!gone, "deleted objects are still there: keys=" + left);
    }

    private String read(String key, ByteRange range) throws ObjectStoreException {
        return US_ASCII.decode(store.get(key, range).bytes()).toString();
    }

    private static ObjectBody body(String content) {
        return ObjectBody.of(List.of(ByteBuffer.wrap(content.getBytes(US_ASCII))));
    }
}
