// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class BlobNamesTest {
    /// Around the two that are written otherwise.
    private static final String LETTERS = "!/Z[\\]~";

    @Test
    void everyKeyComesBackFromItsNameInTheOrderOfKeysAndWithoutABackslash() {
        long seed = Long.getLong("sim.seed", 20_261_128L);
        System.out.println("sim.seed=" + seed);
        Random random = new Random(seed);
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            StringBuilder key = new StringBuilder();
            for (int length = random.nextInt(6); length >= 0; length--) {
                key.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
            }
            keys.add(key.toString());
        }
        keys.sort(Comparator.naturalOrder());

        List<String> names = keys.stream().map(BlobNames::of).toList();

        assertThat(names).isSorted().noneMatch(name -> name.contains("\\"));
        for (int i = 0; i < keys.size(); i++) {
            assertThat(BlobNames.keyOf(names.get(i))).contains(keys.get(i));
            String prefix = keys.get(random.nextInt(keys.size()));
            assertThat(names.get(i).startsWith(BlobNames.of(prefix)))
                    .as("key=%s prefix=%s", keys.get(i), prefix)
                    .isEqualTo(keys.get(i).startsWith(prefix));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a[", "a[b", "[[!", "a\\b", "[~["})
    void whatOthersPutUnderSuchNamesIsNoKey(String name) {
        assertThat(BlobNames.keyOf(name)).isEmpty();
    }
}
