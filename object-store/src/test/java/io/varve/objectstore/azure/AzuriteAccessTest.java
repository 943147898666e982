// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.objectstore.AccessContract;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.ProbeResult;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.ReadProbe;
import io.varve.objectstore.ScriptedServer;
import io.varve.objectstore.StoreProbe;
import java.io.IOException;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

final class AzuriteAccessTest extends AccessContract {
    @RegisterExtension static final ScriptedServer AZURITE = new ScriptedServer("azurite");

    @Override
    protected AzuriteServer server() {
        return new AzuriteServer(AZURITE);
    }

    @Override
    protected ObjectStore openWithWrongCredentials(String bucket) throws IOException {
        AzuriteServer server = server();
        return server.open(bucket, server.endpoint(), AzuriteServer.PATIENT, server.keys("AAAA"));
    }

    @Override
    protected void removeBucket(String bucket) throws IOException {
        server().removeBucket(bucket);
    }

    @Test
    void aGoodStorePassesTheProbeAndKeepsNothingOfIt() throws IOException {
        try (ObjectStore store = server().emptyBucket()) {
            ProbeResult result = StoreProbe.run(store, "probe/test/", InstantSource.system());

            result.requirePassed();
            assertThat(store.list("", "", 10)).isEmpty();
        }
    }

    @Test
    void aReadOnlyContainerIsRefusedToAWriterWithThePermissionAndPassesAReader()
            throws IOException {
        AzuriteServer server = server();
        String container = server.newBucket();
        try (ObjectStore owner = server.open(container);
                ObjectStore reader =
                        server.open(
                                container,
                                server.endpoint(),
                                AzuriteServer.PATIENT,
                                server.sas(container, "rl"))) {
            owner.put("a/1", ObjectBody.of(new byte[3_000]), PutMode.IF_ABSENT);

            ProbeResult result = StoreProbe.run(reader, "probe/test/", InstantSource.system());
            ProbeResult reading = ReadProbe.run(reader, "probe/none", InstantSource.system());

            assertThatThrownBy(result::requirePassed)
                    .isInstanceOf(ObjectStoreException.Denied.class)
                    .hasMessageContaining("read-only")
                    .hasMessageContaining("sp=rwdl");
            assertThat(reading.failures()).isEmpty();
        }
    }
}
