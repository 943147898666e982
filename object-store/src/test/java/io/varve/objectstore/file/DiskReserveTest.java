// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.file;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.objectstore.ObjectStoreException;
import org.junit.jupiter.api.Test;

class DiskReserveTest {
    private static final long MIB = 1 << 20;

    private static DiskReserve disk(long totalBytes, long usableBytes) {
        return new DiskReserve(
                new DiskReserve.Space() {
                    @Override
                    public long totalBytes() {
                        return totalBytes;
                    }

                    @Override
                    public long usableBytes() {
                        return usableBytes;
                    }
                });
    }

    @Test
    void aSmallDiskKeepsAnEighth() {
        assertThatCode(() -> disk(80 * MIB, 12 * MIB).check("a", 2 * MIB))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> disk(80 * MIB, 12 * MIB).check("a", 2 * MIB + 1))
                .isInstanceOf(ObjectStoreException.Transient.class)
                .hasMessageContaining("disk of the bucket is nearly full")
                .hasMessageContaining("key=a");
    }

    @Test
    void aLargeDiskKeepsHalfAGibibyte() {
        assertThatCode(() -> disk(1_000_000 * MIB, 513 * MIB).check("a", MIB))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> disk(1_000_000 * MIB, 513 * MIB).check("a", MIB + 1))
                .isInstanceOf(ObjectStoreException.Transient.class);
    }

    @Test
    void smallObjectsMayUseTheReserve() {
        assertThatCode(() -> disk(100 * MIB, 0).check("a", DiskReserve.SMALL_BYTES))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> disk(100 * MIB, 0).check("a", DiskReserve.SMALL_BYTES + 1))
                .isInstanceOf(ObjectStoreException.Transient.class);
    }
}
