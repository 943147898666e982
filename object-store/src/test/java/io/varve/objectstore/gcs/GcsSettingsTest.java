// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.varve.objectstore.BucketSettings;
import io.varve.objectstore.BucketUrlException;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.RequestListener;
import io.varve.objectstore.StoreAccess;
import io.varve.objectstore.StoreLimits;
import io.varve.objectstore.TestCertificate;
import io.varve.objectstore.gcs.ScriptedGcs.Answer;
import io.varve.objectstore.gcs.ScriptedGcs.Request;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Credentials, certificates and the proxy, as a configuration gives them.
final class GcsSettingsTest {
    @TempDir Path directory;

    private ScriptedGcs server;

    @BeforeEach
    void start() throws IOException {
        server = new ScriptedGcs();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /// A service account whose tokens are given out by `server`.
    private BucketSettings account() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2_048);
        String key =
                Base64.getEncoder()
                        .encodeToString(generator.generateKeyPair().getPrivate().getEncoded());
        Path file =
                Files.writeString(
                        directory.resolve("account.json"),
                        """
                        {
                          "type": "service_account",
                          "project_id": "p",
                          "private_key_id": "1",
                          "private_key": "-----BEGIN PRIVATE KEY-----\\n%s\\n-----END PRIVATE KEY-----\\n",
                          "client_email": "varve@p.iam.gserviceaccount.com",
                          "client_id": "2",
                          "token_uri": "%s/token"
                        }
                        """
                                .formatted(key, server.endpoint()));
        return BucketSettings.of(Map.of("gcs.credentials-file", file.toString()));
    }

    private ObjectStore open(BucketSettings settings) throws ObjectStoreException {
        return server.open(settings, ScriptedGcs.QUICK, RequestListener.NONE);
    }

    private static void put(ObjectStore store) throws ObjectStoreException {
        store.put("k", ObjectBody.of(new byte[3]), PutMode.IF_ABSENT);
    }

    @Test
    void theTokenOfAnAccountIsOnEachRequestAndAskedForOnce() throws Exception {
        try (ObjectStore store = open(account())) {
            put(store);
            store.delete(List.of("k"));

            assertThat(server.requests())
                    .extracting(it -> it.header("Authorization"))
                    .containsExactly("Bearer " + ScriptedGcs.TOKEN, "Bearer " + ScriptedGcs.TOKEN);
        }
    }

    @Test
    void aTokenThatTheStoreNoLongerTakesIsRenewed() throws Exception {
        try (ObjectStore store = open(account())) {
            server.next(Answer.error(401, "authError"));

            put(store);

            assertThat(server.requests())
                    .extracting(it -> it.uri().getPath())
                    .containsExactly(
                            "/upload/storage/v1/b/bucket/o",
                            "/token",
                            "/upload/storage/v1/b/bucket/o");
        }
    }

    @Test
    void anAccountThatGetsNoTokenIsAWordToTheOperator() throws Exception {
        BucketSettings account = account();
        server.next(
                new Answer(
                        400,
                        Map.of("Content-Type", "application/json"),
                        "{\"error\":\"invalid_grant\",\"error_description\":\"Invalid JWT Signature.\"}"));

        assertThatThrownBy(() -> open(account))
                .isInstanceOf(ObjectStoreException.Denied.class)
                .hasMessageContaining("the credentials give no token")
                .hasMessageContaining("object-store.gcs.credentials-file");
    }

    @Test
    void whoGivesTokensOutAndHangsIsWaitedForAsLongAsForAStore() throws Exception {
        CountDownLatch stopped = new CountDownLatch(1);
        server.close();
        HttpServer hanging = HttpServer.create(ScriptedGcs.loopback(), 0);
        hanging.createContext(
                "/token",
                exchange -> {
                    try (exchange) {
                        stopped.await(60, TimeUnit.SECONDS);
                    } catch (InterruptedException e) {
                        throw new IOException(e);
                    }
                });
        server = new ScriptedGcs(hanging);
        StoreLimits once =
                new StoreLimits(
                        8,
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(20),
                        1 << 20,
                        1,
                        Duration.ofMillis(1),
                        Duration.ofMillis(1),
                        Duration.ofMillis(1));
        try (ObjectStore store = server.open(account(), once, RequestListener.NONE)) {
            long startNs = System.nanoTime();

            assertThatThrownBy(() -> put(store))
                    .isInstanceOf(ObjectStoreException.Transient.class)
                    .hasMessageContaining("no token");

            assertThat(Duration.ofNanos(System.nanoTime() - startNs))
                    .isBetween(Duration.ofMillis(900), Duration.ofSeconds(10));
            stopped.countDown();
        }
    }

    @Test
    void aFileThatIsNoAccountIsNamedAndNotQuoted() throws Exception {
        for (String content : List.of("hunter2", "{\"type\":\"hunter2\"}", "{\"x\":\"hunter2\"}")) {
            Path file = Files.writeString(directory.resolve("bad.json"), content);
            BucketSettings settings =
                    BucketSettings.of(Map.of("gcs.credentials-file", file.toString()));

            ObjectStoreException error =
                    catchThrowableOfType(ObjectStoreException.class, () -> open(settings));

            assertThat(error).isInstanceOf(ObjectStoreException.Denied.class).hasNoCause();
            assertThat(error.getMessage())
                    .contains("file=" + file, "JSON of a service account")
                    .doesNotContain("hunter2");
        }
    }

    @Test
    void nobodyElseIsSentATokenInTheClear() throws Exception {
        try (ObjectStore store = open(BucketSettings.NONE)) {
            put(store);

            assertThat(server.requests().getFirst().header("Authorization")).isNull();
        }
    }

    @Test
    void requestsGoThroughTheProxy() throws Exception {
        BucketSettings settings =
                BucketSettings.of(Map.of("proxy", "http://127.0.0.1:" + server.port()));
        GcsAddress address = GcsAddress.parse("//bucket?endpoint=http://storage.invalid:81");
        try (ObjectStore store =
                GcsObjectStore.open(
                        address,
                        new StoreAccess(
                                settings,
                                ScriptedGcs.QUICK,
                                RequestListener.NONE,
                                new SecureRandom()))) {
            put(store);
        }

        Request request = server.requests().getLast();
        assertThat(request.header("Host")).isEqualTo("storage.invalid:81");
        assertThat(request.uri().getPath()).isEqualTo("/upload/storage/v1/b/bucket/o");
    }

    @Test
    void aServerWithACertificateOfItsOwnIsTrustedWhenTheSettingsSaySo() throws Exception {
        TestCertificate certificate = TestCertificate.in(directory);
        HttpsServer https = HttpsServer.create(ScriptedGcs.loopback(), 0);
        https.setHttpsConfigurator(new HttpsConfigurator(certificate.server()));
        try (ScriptedGcs secure = new ScriptedGcs(https)) {
            GcsAddress address =
                    GcsAddress.parse("//bucket?endpoint=https://127.0.0.1:" + secure.port());

            assertThatThrownBy(() -> open(address, BucketSettings.NONE))
                    .isInstanceOf(ObjectStoreException.Denied.class)
                    .hasMessageContaining("certificate is not trusted")
                    .hasMessageContaining("object-store.ca-file");

            BucketSettings settings =
                    BucketSettings.of(Map.of("ca-file", certificate.pem().toString()));
            try (ObjectStore store = open(address, settings)) {
                put(store);
            }
        }
    }

    private static ObjectStore open(GcsAddress address, BucketSettings settings)
            throws ObjectStoreException {
        return GcsObjectStore.open(
                address,
                GcsCredentials.none(),
                new StoreAccess(
                        settings, ScriptedGcs.QUICK, RequestListener.NONE, new SecureRandom()));
    }

    @Test
    void aFileWithoutCertificatesIsNamed() throws Exception {
        Path file = Files.writeString(directory.resolve("none.pem"), "nothing");
        BucketSettings settings = BucketSettings.of(Map.of("ca-file", file.toString()));

        assertThatThrownBy(() -> open(settings))
                .isInstanceOf(BucketUrlException.class)
                .hasMessageContaining(file.toString());
    }
}
