// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import io.varve.objectstore.LostAnswerContract;
import io.varve.objectstore.TestServer;
import org.junit.jupiter.api.extension.RegisterExtension;

final class FakeGcsLostAnswerTest extends LostAnswerContract {
    @RegisterExtension static final FakeGcs SERVER = new FakeGcs();

    @Override
    protected TestServer server() {
        return SERVER;
    }
}
