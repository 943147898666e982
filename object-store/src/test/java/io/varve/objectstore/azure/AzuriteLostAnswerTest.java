// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import io.varve.objectstore.LostAnswerContract;
import io.varve.objectstore.ScriptedServer;
import io.varve.objectstore.TestServer;
import org.junit.jupiter.api.extension.RegisterExtension;

final class AzuriteLostAnswerTest extends LostAnswerContract {
    @RegisterExtension static final ScriptedServer AZURITE = new ScriptedServer("azurite");

    @Override
    protected TestServer server() {
        return new AzuriteServer(AZURITE);
    }
}
