// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.objectstore.CountingObjectStore;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreContract;
import io.varve.objectstore.faulty.FaultyObjectStore;
import io.varve.objectstore.faulty.ScriptedFaults;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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

    @Test
    void seesWhatLiesInTheFoldersAroundItsDirectory(@TempDir Path directory) throws IOException {
        Path bucket = Files.createDirectories(directory.resolve("team/bucket"));
        Files.writeString(directory.resolve("x"), "far");
        Files.writeString(directory.resolve("team/x"), "near");
        Files.writeString(bucket.resolve("x"), "own");
        Files.createDirectory(directory.resolve("team/folder"));

        ObjectStore store = emptyStore(bucket);

        assertThat(store.enclosing("x"))
                .extracting(object -> new String(object.content(), StandardCharsets.US_ASCII))
                .containsExactly("near", "far");
        assertThat(store.enclosing("x").getFirst().place())
                .isEqualTo("directory=" + directory.toRealPath().resolve("team"));
        assertThat(store.enclosing("folder")).isEmpty();
    }
}
