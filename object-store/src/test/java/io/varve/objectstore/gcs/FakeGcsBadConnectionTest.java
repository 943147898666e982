// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import io.varve.objectstore.BadConnectionContract;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.StoreLimits;
import io.varve.objectstore.TestServer;
import java.io.IOException;
import java.net.URI;
import java.util.Optional;
import org.junit.jupiter.api.extension.RegisterExtension;

final class FakeGcsBadConnectionTest extends BadConnectionContract {
    @RegisterExtension static final FakeGcs SERVER = new FakeGcs();

    @Override
    protected TestServer server() {
        return SERVER;
    }

    /// A token says who asks, and nothing about what.
    @Override
    protected Optional<ObjectStore> openUnsigned(String bucket, URI through, StoreLimits limits)
            throws IOException {
        return Optional.of(SERVER.open(bucket, through, limits));
    }

    @Override
    protected boolean signsConditions() {
        return false;
    }
}
