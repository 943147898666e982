// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.memory;

import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreContract;
import java.nio.file.Path;
import java.time.InstantSource;

final class MemoryObjectStoreTest extends ObjectStoreContract {
    @Override
    protected ObjectStore emptyStore(Path directory) {
        return new MemoryObjectStore(InstantSource.system());
    }
}
