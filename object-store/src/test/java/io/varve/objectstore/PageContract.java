// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/// Listings: complete, in order, from any key on, a page at a time.
public interface PageContract extends BucketUnderTest {
    /// Many keys: more than a store puts into one answer.
    @Test
    default void pagesManyKeysInOrderOfTheirBytes() throws Exception {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < ContractSize.keys(); i++) {
            String separator = List.of("/", "-", ".", "0", "/x/").get(i % 5);
            keys.add("p" + (i % 7) + separator + "%05d".formatted(i));
        }
        Collections.shuffle(keys, new Random(4));
        try (ExecutorService threads = Executors.newFixedThreadPool(16)) {
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
        assertThat(allPages("p3", 500)).isEqualTo(startingWith(keys, "p3"));
        for (int i = 0; i < keys.size(); i += 1_000) {
            List<String> batch = keys.subList(i, Math.min(keys.size(), i + 1_000));
            assertThat(store().delete(batch))
                    .hasSize(batch.size())
                    .values()
                    .containsOnly(new DeleteResult.Deleted());
        }
        assertThat(store().list("", "", 1)).isEmpty();
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
    default void listsAnyPrefixFromAnyStartLikeASortedSet() throws IOException {
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
    default void listsNothingUnderTheReservedName() throws IOException {
        put("a", "x");

        assertThat(store().list(".tmp", "", 10)).isEmpty();
        assertThat(store().list(".tmp/", "", 10)).isEmpty();
    }
}
