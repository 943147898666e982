// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.objectstore.RequestCounts.OperationCounts;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

final class CountingObjectStoreTest {
    private final CountingObjectStore store =
            new CountingObjectStore(new MemoryObjectStore(InstantSource.system()));

    @Test
    void countsEachKindOfRequestWithItsObjectsAndBytes() throws IOException {
        store.put("a", ObjectBody.of(new byte[10]), PutMode.IF_ABSENT);
        store.put("b", ObjectBody.of(new byte[5]), PutMode.OVERWRITE);
        store.get("a", ByteRange.span(8, 100));
        store.head("a");
        store.head("missing");
        store.list("", "", 10);
        store.delete(List.of("a", "b", "missing"));
        store.serverTime();

        RequestCounts counts = store.counts();
        assertThat(counts.of(StoreOperation.PUT)).isEqualTo(new OperationCounts(2, 0, 2, 15));
        assertThat(counts.of(StoreOperation.GET)).isEqualTo(new OperationCounts(1, 0, 1, 2));
        assertThat(counts.of(StoreOperation.HEAD)).isEqualTo(new OperationCounts(2, 0, 1, 0));
        assertThat(counts.of(StoreOperation.LIST)).isEqualTo(new OperationCounts(1, 0, 2, 0));
        assertThat(counts.of(StoreOperation.DELETE)).isEqualTo(new OperationCounts(1, 0, 3, 0));
        assertThat(counts.of(StoreOperation.SERVER_TIME))
                .isEqualTo(new OperationCounts(1, 0, 0, 0));
        assertThat(counts.requests()).isEqualTo(8);
        assertThat(counts.bytesOut()).isEqualTo(15);
        assertThat(counts.bytesIn()).isEqualTo(2);
    }

    @Test
    void countsFailuresButNoRequestThatWasNeverSent() throws IOException {
        store.put("a", ObjectBody.of(new byte[10]), PutMode.IF_ABSENT);
        RequestCounts before = store.counts();

        assertThatThrownBy(() -> store.put("a", ObjectBody.of(new byte[10]), PutMode.IF_ABSENT))
                .isInstanceOf(ObjectStoreException.AlreadyExists.class);
        assertThatThrownBy(() -> store.get("x", ByteRange.tail(1)))
                .isInstanceOf(ObjectStoreException.NotFound.class);
        assertThatThrownBy(() -> store.head("/bad")).isInstanceOf(IllegalArgumentException.class);

        RequestCounts since = store.counts().minus(before);
        assertThat(since.of(StoreOperation.PUT)).isEqualTo(new OperationCounts(1, 1, 0, 0));
        assertThat(since.of(StoreOperation.GET)).isEqualTo(new OperationCounts(1, 1, 0, 0));
        assertThat(since.of(StoreOperation.HEAD)).isEqualTo(new OperationCounts(0, 0, 0, 0));
    }

    @Test
    void losesNoCountAmongThreads() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> writers = new ArrayList<>();
            for (int writer = 0; writer < 16; writer++) {
                String key = "k" + writer;
                writers.add(
                        threads.submit(() -> {
                            for (int i = 0; i < 500; i++) {
                                store.put(key, ObjectBody.of(new byte[3]), PutMode.OVERWRITE);
                            }
                            return null;
                        }));
            }
            for (Future<?> writer : writers) {
                writer.get();
            }
        }

        assertThat(store.counts().of(StoreOperation.PUT))
                .isEqualTo(new OperationCounts(8_000, 0, 8_000, 24_000));
    }
}
