// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.objectstore.BucketUrlException;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.RequestListener;
import io.varve.objectstore.TestCertificate;
import io.varve.objectstore.azure.ScriptedAzure.Answer;
import io.varve.objectstore.azure.ScriptedAzure.Request;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a configuration gives beside the URL: a CA, a proxy, an access tier, a SAS token.
final class AzureSettingsTest {
    @TempDir Path scratch;

    @Test
    void aServerWithACaOfItsOwnIsTrustedOnlyWithItsFile() throws Exception {
        TestCertificate certificate = TestCertificate.in(scratch);
        try (ScriptedAzure server = new ScriptedAzure(certificate.server())) {
            Map<String, String> trusting =
                    Map.of(
                            "azure.account-key",
                            ScriptedAzure.SECRET,
                            "ca-file",
                            certificate.pem().toString());
            try (ObjectStore store =
                    server.open(trusting, ScriptedAzure.QUICK, RequestListener.NONE)) {
                assertThat(store.head("k")).isEmpty();
            }

            assertThatThrownBy(server::open)
                    .isInstanceOf(ObjectStoreException.Denied.class)
                    .hasMessageContaining("certificate is not trusted")
                    .hasMessageContaining("set object-store.ca-file");
        }
    }

    @Test
    void aFileWithoutACertificateIsRefusedWhereTheBucketIsOpened() throws IOException {
        Path empty = Files.writeString(scratch.resolve("ca.pem"), "no certificate");
        try (ScriptedAzure server = new ScriptedAzure()) {
            Map<String, String> keys =
                    Map.of("azure.account-key", ScriptedAzure.SECRET, "ca-file", empty.toString());

            assertThatThrownBy(() -> server.open(keys, ScriptedAzure.QUICK, RequestListener.NONE))
                    .isInstanceOf(BucketUrlException.class)
                    .hasMessageContaining("key=object-store.ca-file, file=" + empty);
        }
    }

    @Test
    void requestsGoThroughTheProxy() throws IOException {
        try (ScriptedAzure proxy = new ScriptedAzure();
                ObjectStore store =
                        AzureObjectStore.open(
                                AzureAddress.parse("//bucket?endpoint=http://nobody.invalid/acc1"),
                                ScriptedAzure.access(
                                        Map.of(
                                                "azure.account-key",
                                                ScriptedAzure.SECRET,
                                                "proxy",
                                                "http://127.0.0.1:" + proxy.port()),
                                        ScriptedAzure.QUICK,
                                        RequestListener.NONE))) {
            assertThat(store.head("k")).isEmpty();

            assertThat(proxy.requests()).hasSize(2);
            assertThat(proxy.requests().getLast().uri().toString())
                    .isEqualTo("http://nobody.invalid/acc1/bucket/k");
        }
    }

    @Test
    void theStorageClassIsTheAccessTierOfAPut() throws IOException {
        try (ScriptedAzure server = new ScriptedAzure();
                ObjectStore store =
                        server.open(
                                Map.of(
                                        "azure.account-key",
                                        ScriptedAzure.SECRET,
                                        "storage-class",
                                        "Cool"),
                                ScriptedAzure.QUICK,
                                RequestListener.NONE)) {
            store.put("k", ObjectBody.of(new byte[1]), PutMode.OVERWRITE);

            assertThat(server.requests().getFirst().header("x-ms-access-tier")).isEqualTo("Cool");
        }
    }

    @Test
    void aSasTokenIsInEveryRequestAndInNoMessage() throws IOException {
        String token = "?sv=2024-11-04&sp=rwdl&sig=hunter2%3D";
        try (ScriptedAzure server = new ScriptedAzure();
                ObjectStore store =
                        server.open(
                                Map.of("azure.sas-token", token),
                                ScriptedAzure.QUICK,
                                RequestListener.NONE)) {
            var _ = store.head("k");
            var _ = store.list("p/", "", 1);
            assertThatThrownBy(() -> store.delete(List.of("k")))
                    .isInstanceOf(ObjectStoreException.Transient.class)
                    .hasMessageNotContaining("hunter2");
            server.next(Answer.error(403, "AuthenticationFailed", "sig=hunter2", "sig=hunter2"));
            assertThatThrownBy(() -> store.head("k"))
                    .isInstanceOf(ObjectStoreException.Denied.class)
                    .hasMessageContaining(
                            "object-store.azure.sas-token is not valid for account=acc1")
                    .hasMessageNotContaining("hunter2");

            for (Request request : server.requests()) {
                assertThat(request.uri().getRawQuery())
                        .contains("sv=2024-11-04&sp=rwdl&sig=hunter2%3D");
                assertThat(request.header("Authorization")).isNull();
            }
            assertThat(server.requests().get(2).text())
                    .contains(
                            "DELETE /acc1/bucket/k?sv=2024-11-04&sp=rwdl&sig=hunter2%3D HTTP/1.1");
            assertThat(store.url()).doesNotContain("hunter2");
        }
    }
}
