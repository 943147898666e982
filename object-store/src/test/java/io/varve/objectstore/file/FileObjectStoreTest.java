// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.objectstore.CountingObjectStore;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreContract;
import io.varve.objectstore.faulty.FaultyObjectStore;
import io.varve.objectstore.faulty.ScriptedFaults;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileObjectStoreTest extends ObjectStoreContract {
    @Override
    protected ObjectStore emptyStore(Path directory) throws IOException {
        return FileObjectStore.open(directory, InstantSource.system());
    }

    @Test
    void tellsItsDirectoryThroughWhatCountsOrLies(@TempDir Path directory) throws IOException {
        ObjectStore store = emptyStore(directory);

        assertThat(store.directory()).contains(directory.toRealPath());
        assertThat(new CountingObjectStore(store).directory()).isEqualTo(store.directory());
        assertThat(new FaultyObjectStore(store, new ScriptedFaults(), _ -> {}).directory())
                .isEqualTo(store.directory());
    }
}
