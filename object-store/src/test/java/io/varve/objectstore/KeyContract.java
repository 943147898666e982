// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Which keys there are, alike on all stores: the strangest that are allowed, and refusals of the
/// others before any request.
public interface KeyContract extends BucketUnderTest {
    @Test
    default void takesEveryKeyThatTheRuleAllows() throws IOException {
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
            store().put(key, body(key), PutMode.IF_ABSENT);
        }

        for (String key : keys) {
            assertThat(read(key)).isEqualTo(key);
        }
        assertThat(keys("", "", 1_000)).isEqualTo(keys.stream().sorted().toList());
        assertThat(store().delete(keys))
                .hasSize(keys.size())
                .values()
                .containsOnly(new DeleteResult.Deleted());
        assertThat(store().list("", "", 1)).isEmpty();
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
    @MethodSource("io.varve.objectstore.KeyContract#badKeys")
    default void refusesABadKeyInEveryMethod(String key) throws IOException {
        List<Callable<Object>> calls =
                List.of(
                        () -> store().put(key, body("x"), PutMode.IF_ABSENT),
                        () -> store().put(key, body("x"), PutMode.OVERWRITE),
                        () -> store().get(key, ByteRange.tail(1)),
                        () -> store().head(key),
                        () -> store().delete(List.of("good", key)));
        put("good", "x");

        for (Callable<Object> call : calls) {
            assertThatThrownBy(call::call).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(keys("", "", 10)).containsExactly("good");
    }

    @Test
    default void refusesABadListing() {
        assertThatThrownBy(() -> store().list("", "", 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> store().list("", "", 1_001))
                .isInstanceOf(IllegalArgumentException.class);
        for (String prefix : List.of("/", "/a", "a//", "a//b", "../", "a/./b", "a b", "\u00e4")) {
            assertThatThrownBy(() -> store().list(prefix, "", 1))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> store().list("", "\u00e4", 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    default void refusesMoreThanAThousandDeletes() {
        List<String> keys = IntStream.range(0, 1_001).mapToObj(i -> "k" + i).toList();

        assertThatThrownBy(() -> store().delete(keys))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1001");
    }
}
