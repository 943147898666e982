// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.objectstore.DeleteResult;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.PutMode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileBucketRaceTest {
    private static final int THREADS = 8;
    private static final int ROUNDS = 150;

    @TempDir Path scratch;

    /// Every thread puts and deletes its own key in one folder that thereby comes and goes all the
    /// time; two stores on one directory stand for two processes. No put may be lost, none may
    /// fail.
    @Test
    void noPutIsLostToTheRemovalOfItsFolder() throws Exception {
        List<FileObjectStore> stores =
                List.of(
                        FileObjectStore.open(scratch, InstantSource.system()),
                        FileObjectStore.open(scratch, InstantSource.system()));
        try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            List<Future<?>> writers = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                FileObjectStore store = stores.get(thread % stores.size());
                String key = "a/b/k" + thread;
                writers.add(
                        threads.submit(() -> {
                            for (int round = 0; round < ROUNDS; round++) {
                                putAndDelete(
                                        store,
                                        key,
                                        round % 2 == 0 ? PutMode.IF_ABSENT : PutMode.OVERWRITE);
                            }
                            return null;
                        }));
            }
            for (Future<?> writer : writers) {
                writer.get();
            }
        }

        assertThat(stores.getFirst().list("", "", 10)).isEmpty();
        assertThat(scratch.resolve("a")).doesNotExist();
        assertThat(scratch.resolve(".tmp")).isEmptyDirectory();
    }

    private static void putAndDelete(FileObjectStore store, String key, PutMode mode)
            throws IOException {
        store.put(key, ObjectBody.of(new byte[10]), mode);
        assertThat(store.head(key)).isPresent();
        assertThat(store.list(key, "", 10)).hasSize(1);
        assertThat(store.delete(List.of(key))).containsEntry(key, new DeleteResult.Deleted());
        assertThat(store.head(key)).isEmpty();
    }
}
