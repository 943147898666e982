// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.objectstore.BucketSettings;
import io.varve.objectstore.ByteRange;
import io.varve.objectstore.DeleteResult;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.ObjectStores;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.RequestListener;
import io.varve.objectstore.ScriptedServer;
import io.varve.objectstore.StoreAccess;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Credentials that a configuration gives, and nobody's environment; on Azurite, which checks
/// signatures.
final class AzuriteCredentialsTest {
    @RegisterExtension static final ScriptedServer AZURITE = new ScriptedServer("azurite");

    private final AzuriteServer server = new AzuriteServer(AZURITE);

    @Test
    void theAccountsKeyOpensTheContainerAndAnotherIsDenied() throws Exception {
        String url = server.address(server.newBucket(), server.endpoint()).url();
        try (ObjectStore store = open(url, server.keys(""))) {
            assertThat(store.url()).startsWith("azure://");
        }
        assertThatThrownBy(() -> open(url, server.keys("AAAA")))
                .isInstanceOf(ObjectStoreException.Denied.class)
                .hasMessageContaining("object-store.azure.account-key");
    }

    @Test
    void aSasTokenOfTheContainerIsEnoughForEverything() throws Exception {
        String container = server.newBucket();
        String url = server.address(container, server.endpoint()).url();
        try (ObjectStore store = open(url, server.sas(container, "rwdl"))) {
            store.put("a/k", ObjectBody.of(new byte[3]), PutMode.IF_ABSENT);
            assertThat(store.get("a/k", ByteRange.tail(2)).objectBytes()).isEqualTo(3);
            assertThat(store.list("a/", "", 10)).hasSize(1);
            assertThat(store.serverTime()).isNotNull();
            assertThat(store.delete(List.of("a/k")))
                    .containsEntry("a/k", new DeleteResult.Deleted());
            assertThat(store.head("a/k")).isEmpty();
        }
    }

    @Test
    void aSasTokenThatMayNotWriteSaysWhichPermissionsItTakes() throws Exception {
        String container = server.newBucket();
        String url = server.address(container, server.endpoint()).url();
        try (ObjectStore store = open(url, server.sas(container, "rl"))) {
            assertThat(store.list("", "", 10)).isEmpty();
            assertThatThrownBy(() -> store.put("k", ObjectBody.of(new byte[3]), PutMode.IF_ABSENT))
                    .isInstanceOf(ObjectStoreException.Denied.class)
                    .hasMessageContaining("sp=rwdl");
        }
    }

    private static ObjectStore open(String url, Map<String, String> keys) throws IOException {
        return ObjectStores.open(
                url,
                new StoreAccess(
                        BucketSettings.of(keys),
                        AzuriteServer.PATIENT,
                        RequestListener.NONE,
                        new SecureRandom()));
    }
}
