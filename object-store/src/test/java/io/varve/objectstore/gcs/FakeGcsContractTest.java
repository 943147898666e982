// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreContract;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.RegisterExtension;

final class FakeGcsContractTest extends ObjectStoreContract {
    @RegisterExtension static final FakeGcs SERVER = new FakeGcs();

    @Override
    protected ObjectStore emptyStore(Path directory) throws IOException {
        return SERVER.emptyBucket();
    }
}
