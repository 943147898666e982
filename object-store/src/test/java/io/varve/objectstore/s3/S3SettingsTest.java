// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.objectstore.BucketSettings;
import io.varve.objectstore.BucketUrlException;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.RequestListener;
import io.varve.objectstore.StoreAccess;
import io.varve.objectstore.TestCertificate;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a configuration gives beside the URL: a CA, a proxy, a storage class.
final class S3SettingsTest {
    @TempDir Path scratch;

    private static ObjectStore open(URI endpoint, Map<String, String> more)
            throws ObjectStoreException {
        Map<String, String> keys = new HashMap<>(more);
        keys.put("s3.access-key", "user");
        keys.put("s3.secret-key", ScriptedS3.SECRET);
        return S3ObjectStore.open(
                S3Address.parse("//bucket?endpoint=" + endpoint),
                new StoreAccess(
                        BucketSettings.of(keys),
                        ScriptedS3.QUICK,
                        RequestListener.NONE,
                        new SecureRandom()));
    }

    @Test
    void aServerWithACaOfItsOwnIsTrustedOnlyWithItsFile() throws Exception {
        TestCertificate certificate = TestCertificate.in(scratch);
        try (ScriptedS3 server = ScriptedS3.over(certificate.server())) {
            try (ObjectStore store =
                    open(server.endpoint(), Map.of("ca-file", certificate.pem().toString()))) {
                assertThat(store.head("k")).isEmpty();
            }

            assertThatThrownBy(() -> open(server.endpoint(), Map.of()))
                    .isInstanceOf(ObjectStoreException.Denied.class)
                    .hasMessageContaining("certificate is not trusted")
                    .hasMessageContaining("set object-store.ca-file");
        }
    }

    @Test
    void aFileWithoutACertificateIsRefusedWhereTheBucketIsOpened() throws Exception {
        Path empty = Files.writeString(scratch.resolve("ca.pem"), "no certificate");
        try (ScriptedS3 server = new ScriptedS3()) {
            assertThatThrownBy(() -> open(server.endpoint(), Map.of("ca-file", empty.toString())))
                    .isInstanceOf(BucketUrlException.class)
                    .hasMessageContaining("key=object-store.ca-file, file=" + empty);
        }
    }

    @Test
    void requestsGoThroughTheProxy() throws Exception {
        try (ScriptedS3 proxy = new ScriptedS3();
                ObjectStore store =
                        open(
                                URI.create("http://nobody.invalid"),
                                Map.of(
                                        "proxy",
                                        "http://127.0.0.1:" + proxy.endpoint().getPort()))) {
            store.put("k", ObjectBody.of(new byte[1]), PutMode.OVERWRITE);

            assertThat(proxy.requests().getLast().uri().toString())
                    .isEqualTo("http://nobody.invalid/bucket/k");
        }
    }

    @Test
    void theStorageClassIsThatOfAPut() throws Exception {
        try (ScriptedS3 server = new ScriptedS3();
                ObjectStore store =
                        open(server.endpoint(), Map.of("storage-class", "STANDARD_IA"))) {
            store.put("k", ObjectBody.of(new byte[1]), PutMode.OVERWRITE);

            assertThat(server.requests().getLast().header("x-amz-storage-class"))
                    .isEqualTo("STANDARD_IA");
        }
    }
}
