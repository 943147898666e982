// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.file;

import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreContract;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;

/// The contract on a file system that has no hard links.
final class FileObjectStoreWithoutLinksTest extends ObjectStoreContract {
    @Override
    protected ObjectStore emptyStore(Path directory) throws IOException {
        Folders folders = new Folders(directory.toRealPath());
        TemporaryFiles temporaryFiles = new TemporaryFiles(folders, InstantSource.system());
        return new FileObjectStore(
                folders,
                temporaryFiles,
                NameClaim.locked(temporaryFiles.lockFile()),
                DiskReserve.of(folders.root()));
    }
}
