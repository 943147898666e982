// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreContract;
import io.varve.objectstore.ScriptedServer;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.RegisterExtension;

final class AzuriteContractTest extends ObjectStoreContract {
    @RegisterExtension static final ScriptedServer AZURITE = new ScriptedServer("azurite");

    @Override
    protected ObjectStore emptyStore(Path directory) throws IOException {
        return new AzuriteServer(AZURITE).emptyBucket();
    }
}
