// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import io.varve.objectstore.AccessContract;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.TestServer;
import java.io.IOException;
import org.junit.jupiter.api.extension.RegisterExtension;

final class FakeGcsAccessTest extends AccessContract {
    @RegisterExtension static final FakeGcs SERVER = new FakeGcs();

    @Override
    protected TestServer server() {
        return SERVER;
    }

    /// Any will do: [GcsSettingsTest] has what becomes of wrong ones.
    @Override
    protected ObjectStore openWithWrongCredentials(String bucket) throws IOException {
        return SERVER.open(bucket);
    }

    @Override
    protected boolean checksCredentials() {
        return false;
    }

    @Override
    protected void removeBucket(String bucket) throws IOException {
        SERVER.removeBucket(bucket);
    }
}
