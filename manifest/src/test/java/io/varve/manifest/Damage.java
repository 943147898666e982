// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/// Damages bytes in every simple way and expects each to be noticed as damage: never another
/// exception, never a value.
public final class Damage {
    private Damage() {}

    /// Reads bytes, wherever the test keeps them.
    @FunctionalInterface
    public interface Reading {
        void read(byte[] bytes) throws Exception;
    }

    public static void everyFlippedByteAndTruncationIsNoticed(byte[] whole, Reading reading) {
        for (int i = 0; i < whole.length; i++) {
            for (int mask : new int[] {0x01, 0x80, 0xff}) {
                byte[] flipped = whole.clone();
                flipped[i] ^= (byte) mask;
                assertCorrupt("byte " + i + " flipped with " + mask, () -> reading.read(flipped));
            }
        }
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertCorrupt("cut to " + length + " bytes", () -> reading.read(cut));
        }
        byte[] longer = Arrays.copyOf(whole, whole.length + 1);
        assertCorrupt("one byte more", () -> reading.read(longer));
    }

    private static void assertCorrupt(String how, ThrowingCallable reading) {
        assertThatThrownBy(reading).as(how).isInstanceOf(CorruptObjectException.class);
    }
}
