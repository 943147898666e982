// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

/// Many at a time: of racing puts one wins, and who reads while others write sees whole objects,
/// and all that was acknowledged before.
public interface RaceContract extends BucketUnderTest {
    @Test
    default void ofRacingPutsIfAbsentExactlyOneWins() throws Exception {
        int racerCount = 16;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int round = 0; round < ContractSize.raceRounds(); round++) {
                String key = "race/%d/key".formatted(round);
                CyclicBarrier start = new CyclicBarrier(racerCount);
                List<Future<Boolean>> racers = new ArrayList<>();
                for (int racer = 0; racer < racerCount; racer++) {
                    String content = "racer-" + racer;
                    racers.add(
                            threads.submit(() -> {
                                start.await(30, TimeUnit.SECONDS);
                                return wins(key, content);
                            }));
                }

                List<String> winners = new ArrayList<>();
                for (int racer = 0; racer < racerCount; racer++) {
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
    default void readersOfAnObjectBeingOverwrittenSeeOneOfItsContents() throws Exception {
        String first = "a".repeat(50_000);
        String second = "b".repeat(60_000);
        store().put("k", body(first), PutMode.OVERWRITE);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> writer =
                    threads.submit(() -> {
                        for (int i = 0; i < 50; i++) {
                            store().put("k", body(i % 2 == 0 ? second : first), PutMode.OVERWRITE);
                        }
                        return null;
                    });

            do {
                assertThat(read("k")).isIn(first, second);
                assertThat(store().head("k").orElseThrow().bytes()).isIn(50_000L, 60_000L);
                assertThat(store().list("k", "", 1)).hasSize(1);
            } while (!writer.isDone());
            writer.get();
        }
    }

    @Test
    default void whoeverReadsWhileOthersWriteSeesAllThatWasAcknowledgedAndOnlyWholeObjects()
            throws Exception {
        int writers = 4;
        int each = 30;
        AtomicIntegerArray acknowledged = new AtomicIntegerArray(writers);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Void>> running = new ArrayList<>();
            for (int writer = 0; writer < writers; writer++) {
                int who = writer;
                running.add(
                        threads.submit(() -> {
                            for (int i = 0; i < each; i++) {
                                put(writtenKey(who, i), writtenContent(who, i));
                                acknowledged.set(who, i + 1);
                            }
                            return null;
                        }));
            }

            boolean ended;
            do {
                ended = running.stream().allMatch(Future::isDone);
                List<String> before = new ArrayList<>();
                for (int writer = 0; writer < writers; writer++) {
                    int last = acknowledged.get(writer) - 1;
                    for (int i = 0; i <= last; i++) {
                        before.add(writtenKey(writer, i));
                    }
                    if (last >= 0) {
                        assertThat(read(writtenKey(writer, last)))
                                .isEqualTo(writtenContent(writer, last));
                    }
                }
                List<ObjectInfo> page =
                        store().list("w", "", 1_000).stream()
                                .filter(info -> !isUnfinishedPut(info.key()))
                                .toList();
                assertThat(page).extracting(ObjectInfo::key).containsAll(before).isSorted();
                assertThat(page)
                        .allSatisfy(info ->
                                assertThat(info.bytes())
                                        .isEqualTo(read(info.key()).length())
                                        .isEqualTo(1_000 + info.key().length()));
            } while (!ended);
            for (Future<Void> writer : running) {
                writer.get();
            }
        }
    }

    /// Whether the server keeps a put that is not done under this key, and shows it in listings.
    default boolean isUnfinishedPut(String key) {
        return false;
    }

    private static String writtenKey(int writer, int i) {
        return "w%d/%03d".formatted(writer, i);
    }

    /// As long as its key and a thousand more.
    private static String writtenContent(int writer, int i) {
        return writtenKey(writer, i) + "x".repeat(1_000);
    }
}
