// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.file;

import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreContract;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;

final class FileObjectStoreTest extends ObjectStoreContract {
    @Override
    protected ObjectStore emptyStore(Path directory) throws IOException {
        return FileObjectStore.open(directory, InstantSource.system());
    }
}
