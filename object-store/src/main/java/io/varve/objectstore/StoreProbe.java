// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/// Tries at start-up whether a store keeps those promises of [ObjectStore] that Varve's safety
/// rests on. Some servers take a conditional put and ignore the condition; on such a store two
/// brokers would overwrite each other's journals. Writes a few small objects under one prefix and
/// removes them. Owner: one call; blocks for as long as about twenty requests take.
public final class StoreProbe {
    /// How many threads race for one key.
    static final int RACERS = 8;

    private final ObjectStore store;
    private final String onceKey;
    private final String raceKey;
    private final List<ProbeResult.Failure> failures = new ArrayList<>();

    private StoreProbe(ObjectStore store, String keyPrefix) {
        this.store = store;
        this.onceKey = ObjectKeys.check(keyPrefix + "probe-once");
        this.raceKey = ObjectKeys.check(keyPrefix + "probe-race");
    }

    /// Probes the store.
    ///
    /// @param keyPrefix of the probe's objects; no one else may use it meanwhile, so it should name
    ///   the prober
    public static ProbeResult run(ObjectStore store, String keyPrefix) {
        return new StoreProbe(store, keyPrefix).run();
    }

    private ProbeResult run() {
        boolean clean = check(ProbeResult.Check.DELETE, this::removeObjects);
        if (clean) {
            check(ProbeResult.Check.PUT_IF_ABSENT_TWICE, this::putTwice);
            check(ProbeResult.Check.PUT_IF_ABSENT_RACE, this::race);
            check(ProbeResult.Check.LIST_AFTER_WRITE, this::list);
            check(ProbeResult.Check.RANGED_READ, this::readRanges);
            check(ProbeResult.Check.DELETE, this::removeObjects);
        }
        return new ProbeResult(store.url(), failures);
    }

    private boolean check(ProbeResult.Check check, Attempt attempt) {
        try {
            String finding = attempt.run();
            if (!finding.isEmpty()) {
                failures.add(new ProbeResult.Failure(check, finding, null));
            }
            return finding.isEmpty();
        } catch (ObjectStoreException e) {
            failures.add(
                    new ProbeResult.Failure(check, "could not be tried: " + e.getMessage(), e));
            return false;
        }
    }

    private String putTwice() throws ObjectStoreException {
        store.put(onceKey, body("first"), PutMode.IF_ABSENT);
        try {
            store.put(onceKey, body("second"), PutMode.IF_ABSENT);
            return "the store took a second put-if-absent of one key: key=" + onceKey;
        } catch (ObjectStoreException.AlreadyExists e) {
            String content = read(onceKey, ByteRange.tail(100));
            return content.equals("first")
                    ? ""
                    : "the refused put changed the object: key=" + onceKey;
        }
    }

    private String race() throws ObjectStoreException {
        List<String> winners = new ArrayList<>();
        CountDownLatch start = new CountDownLatch(1);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Boolean>> racers =
                    IntStream.range(0, RACERS)
                            .mapToObj(racer ->
                                    threads.submit(() -> {
                                        start.await();
                                        return wins("racer-" + racer);
                                    }))
                            .toList();
            start.countDown();
            for (int racer = 0; racer < RACERS; racer++) {
                if (answer(racers.get(racer))) {
                    winners.add("racer-" + racer);
                }
            }
        }
        if (winners.size() != 1) {
            return "racing puts-if-absent of one key had not one winner: key="
                    + raceKey
                    + ", racers="
                    + RACERS
                    + ", winners="
                    + winners.size();
        }
        String content = read(raceKey, ByteRange.tail(100));
        return content.equals(winners.getFirst())
                ? ""
                : "the object is not the winner's: key=" + raceKey;
    }

    private boolean wins(String content) throws ObjectStoreException {
        try {
            store.put(raceKey, body(content), PutMode.IF_ABSENT);
            return true;
        } catch (ObjectStoreException.AlreadyExists e) {
            return false;
        }
    }

    private static boolean answer(Future<Boolean> racer) throws ObjectStoreException {
        try {
            return racer.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ObjectStoreException known) {
                throw known;
            }
            throw new IllegalStateException("racer failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ObjectStoreException.Transient("interrupted while probing", e);
        }
    }

    private String list() throws ObjectStoreException {
        String prefix = onceKey.substring(0, onceKey.length() - "once".length());
        List<String> found = keys(store.list(prefix, "", 10));
        List<String> afterFirst = keys(store.list(prefix, onceKey, 10));
        boolean right =
                found.equals(List.of(onceKey, raceKey)) && afterFirst.equals(List.of(raceKey));
        return right
                ? ""
                : "a listing does not show what was written: found="
                        + found
                        + ", afterFirst="
                        + afterFirst;
    }

    private static List<String> keys(List<ObjectInfo> page) {
        return page.stream().map(ObjectInfo::key).toList();
    }

    private String readRanges() throws ObjectStoreException {
        String middle = read(onceKey, ByteRange.span(1, 3));
        String cut = read(onceKey, ByteRange.span(3, 100));
        String tail = read(onceKey, ByteRange.tail(2));
        boolean right = middle.equals("irs") && cut.equals("st") && tail.equals("st");
        return right
                ? ""
                : "a ranged read gave other bytes: middle="
                        + middle
                        + ", cut="
                        + cut
                        + ", tail="
                        + tail;
    }

    private String removeObjects() throws ObjectStoreException {
        Map<String, DeleteResult> results = store.delete(List.of(onceKey, raceKey));
        for (DeleteResult result : results.values()) {
            if (result instanceof DeleteResult.Failed(ObjectStoreException error)) {
                throw error;
            }
        }
        boolean gone = store.head(onceKey).isEmpty() && store.head(raceKey).isEmpty();
        return gone ? "" : "deleted objects are still there: keys=" + List.of(onceKey, raceKey);
    }

    private String read(String key, ByteRange range) throws ObjectStoreException {
        return US_ASCII.decode(store.get(key, range).bytes()).toString();
    }

    private static ObjectBody body(String content) {
        return ObjectBody.of(List.of(ByteBuffer.wrap(content.getBytes(US_ASCII))));
    }

    /// Gives what is wrong, or an empty string.
    @FunctionalInterface
    private interface Attempt {
        String run() throws ObjectStoreException;
    }
}
