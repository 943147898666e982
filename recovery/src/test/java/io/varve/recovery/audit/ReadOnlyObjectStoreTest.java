// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.objectstore.ByteRange;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.StoreOperation;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReadOnlyObjectStoreTest {
    private final MemoryObjectStore store = new MemoryObjectStore(InstantSource.system());
    private final ReadOnlyObjectStore readOnly = new ReadOnlyObjectStore(store, 2);

    @Test
    void nothingCanBeWrittenOrDeletedThroughIt() throws Exception {
        store.put("a", ObjectBody.of(new byte[] {1}), PutMode.IF_ABSENT);

        for (PutMode mode : PutMode.values()) {
            assertThatThrownBy(() -> readOnly.put("b", ObjectBody.of(new byte[] {1}), mode))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("b");
        }
        assertThatThrownBy(() -> readOnly.delete(List.of("a")))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("a");

        assertThat(store.objects()).isEqualTo(1);
        assertThat(store.head("a")).isPresent();
        assertThat(readOnly.counts().requests()).isZero();
    }

    @Test
    void readsAreCounted() throws Exception {
        store.put("a", ObjectBody.of(new byte[] {1, 2, 3}), PutMode.IF_ABSENT);

        assertThat(readOnly.get("a", ByteRange.span(1, 2)).bytes().remaining()).isEqualTo(2);
        assertThat(readOnly.head("a")).isPresent();
        assertThat(readOnly.list("", "", 10)).hasSize(1);
        assertThat(readOnly.serverTime()).isNotNull();

        assertThat(readOnly.counts().requests()).isEqualTo(4);
        assertThat(readOnly.counts().bytesIn()).isEqualTo(2);
        assertThat(readOnly.counts().of(StoreOperation.LIST).requests()).isEqualTo(1);
    }
}
