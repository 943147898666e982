// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import io.varve.objectstore.BadConnectionContract;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ScriptedServer;
import io.varve.objectstore.StoreLimits;
import java.io.IOException;
import java.net.URI;
import java.util.Optional;
import org.junit.jupiter.api.extension.RegisterExtension;

final class AzuriteBadConnectionTest extends BadConnectionContract {
    @RegisterExtension static final ScriptedServer AZURITE = new ScriptedServer("azurite");

    @Override
    protected AzuriteServer server() {
        return new AzuriteServer(AZURITE);
    }

    /// A shared access signature is the same for every request.
    @Override
    protected Optional<ObjectStore> openUnsigned(String bucket, URI through, StoreLimits limits)
            throws IOException {
        AzuriteServer server = server();
        return Optional.of(server.open(bucket, through, limits, server.sas(bucket, "rwdl")));
    }
}
