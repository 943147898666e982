// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults;

import io.varve.cli.durability.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/// A bucket in a directory, which goes as a disk that is unmounted. Owner: one thread.
final class FolderBucket implements Bucket {
    private final Path folder;
    private final Path hidden;

    FolderBucket(Path folder) {
        this.folder = folder;
        this.hidden = folder.resolveSibling(folder.getFileName() + "-hidden");
    }

    @Override
    public String url() {
        return "file://" + folder;
    }

    @Override
    public Map<String, String> environment() {
        return Map.of();
    }

    @Override
    public void takeAway() throws IOException {
        if (!Files.exists(hidden)) {
            Files.move(folder, hidden);
        }
    }

    @Override
    public void bringBack() throws IOException {
        if (Files.exists(hidden)) {
            Folders.deleteAll(folder);
            Files.move(hidden, folder);
        }
    }

    @Override
    public long count(String keyPattern) throws IOException {
        return Files.exists(folder) ? Folders.files(folder, ".*/" + keyPattern).size() : 0;
    }

    @Override
    public void close() throws IOException {
        bringBack();
    }
}
