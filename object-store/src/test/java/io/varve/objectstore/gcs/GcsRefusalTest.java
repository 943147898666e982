// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.objectstore.ByteRange;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.RequestListener;
import io.varve.objectstore.gcs.ScriptedGcs.Answer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a human is told when bucket, permissions, endpoint or a bucket's rules are wrong.
final class GcsRefusalTest {
    private ScriptedGcs server;

    @BeforeEach
    void start() throws IOException {
        server = new ScriptedGcs();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "404 | notFound              | NotFound | no such bucket    | make it, or correct its name",
                "403 | forbidden             | Denied   | the store refused | roles/storage.objectUser",
                "403 | retentionPolicyNotMet | Denied   | the store refused | a retention policy or a hold",
                "403 | objectUnderActiveHold | Denied   | the store refused | a retention policy or a hold",
                "401 | required              | Denied   | the store refused | GOOGLE_APPLICATION_CREDENTIALS",
                "400 | invalid               | Denied   | the store refused | says=says so",
                "307 | elsewhere             | Denied   | the store refused | another endpoint",
                "407 | proxy                 | Denied   | the store refused | the proxy wants credentials",
                "501 | notImplemented        | Denied   | the store refused | does not know",
                "507 | full                  | Denied   | the store refused | no room left"
            })
    void aRefusedPutSaysWhoWhatWhereAndWhatToDo(
            int status, String reason, String kind, String fact, String remedy) throws IOException {
        try (ObjectStore store = server.open()) {
            server.next(Answer.error(status, reason));

            ObjectStoreException error =
                    catchThrowableOfType(ObjectStoreException.class, () -> put(store, "a/k"));

            assertThat(error.getClass().getSimpleName()).isEqualTo(kind);
            assertThat(error.getMessage())
                    .contains(fact, remedy, "operation=put, key=a/k, bucket=bucket")
                    .contains("endpoint=" + server.endpoint(), "status=" + status, reason);
            assertThat(server.requests())
                    .as("it is not tried again, nor taken for an unknown outcome")
                    .hasSize(1);
        }
    }

    private static void put(ObjectStore store, String key) throws ObjectStoreException {
        store.put(key, ObjectBody.of(new byte[10]), PutMode.IF_ABSENT);
    }

    @Test
    void bytesThatTheServiceFindsChangedAreAWordToTheOperator() throws IOException {
        try (ObjectStore store = server.open()) {
            server.next(
                    new Answer(
                            400,
                            Map.of("Content-Type", "application/json"),
                            "{\"error\":{\"code\":400,\"message\":\"Provided CRC32C \\\"x\\\" doesn't match\",\"errors\":[{\"reason\":\"invalid\"}]}}"));

            assertThatThrownBy(() -> put(store, "k"))
                    .isInstanceOf(ObjectStoreException.Denied.class)
                    .hasMessageContaining("changed on the way");
        }
    }

    @Test
    void opensNoBucketThatIsNotThereOrRefusesUs() {
        server.next(Answer.error(404, "notFound"));
        assertThatThrownBy(() -> server.open())
                .isInstanceOf(ObjectStoreException.NotFound.class)
                .hasMessageContaining("no such bucket: operation=list, bucket=bucket");

        server.next(Answer.error(403, "forbidden"));
        assertThatThrownBy(() -> server.open())
                .isInstanceOf(ObjectStoreException.Denied.class)
                .hasMessageContaining("roles/storage.objectUser");
    }

    @Test
    void aServerThatIsNotGoogleIsAWrongEndpoint() {
        server.next(new Answer(404, Map.of(), "<html>nothing here</html>"));
        assertThatThrownBy(() -> server.open())
                .isInstanceOf(ObjectStoreException.NotFound.class)
                .hasMessageContaining("or the endpoint");

        for (String page : new String[] {"<html>welcome</html>", "", "[1]", "welcome"}) {
            server.next(new Answer(200, Map.of("Content-Type", "text/html"), page));
            assertThatThrownBy(() -> server.open())
                    .as(page)
                    .isInstanceOf(ObjectStoreException.Denied.class)
                    .hasMessageContaining("is the endpoint right?");
        }
    }

    @Test
    void opensAStoreThatIsAwayAndSaysSoAtTheFirstRequest() throws IOException {
        int port;
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = taken.getLocalPort();
        }
        GcsAddress address = GcsAddress.parse("//bucket?endpoint=http://127.0.0.1:" + port);

        try (ObjectStore store =
                GcsObjectStore.open(
                        address, FakeGcs.access(ScriptedGcs.QUICK, RequestListener.NONE))) {
            List<ThrowingCall> calls =
                    List.of(
                            () -> put(store, "k"),
                            () -> store.get("k", ByteRange.tail(1)),
                            () -> store.head("k"),
                            () -> store.list("", "", 1),
                            () -> store.delete(List.of("k")),
                            () -> store.serverTime());
            for (ThrowingCall call : calls) {
                assertThatThrownBy(call::run)
                        .isInstanceOf(ObjectStoreException.Transient.class)
                        .hasMessageContaining("no answer from the store")
                        .hasMessageContaining("endpoint=http://127.0.0.1:" + port);
            }
        }
    }

    @FunctionalInterface
    private interface ThrowingCall {
        void run() throws IOException;
    }

    @Test
    void anEndpointWithoutAnAddressSaysSo() throws IOException {
        GcsAddress address = GcsAddress.parse("//bucket?endpoint=http://no-such-host.invalid");

        try (ObjectStore store =
                GcsObjectStore.open(
                        address, FakeGcs.access(ScriptedGcs.QUICK, RequestListener.NONE))) {
            assertThatThrownBy(() -> store.head("k"))
                    .isInstanceOf(ObjectStoreException.Transient.class)
                    .hasMessageContaining("does not resolve");
        }
    }

    @Test
    void aMissingBucketIsNotAnAbsentObject() throws IOException {
        try (ObjectStore store = server.open()) {
            server.next(Answer.error(404, "notFound"), Answer.error(404, "notFound"));

            assertThatThrownBy(() -> store.head("k"))
                    .isInstanceOf(ObjectStoreException.NotFound.class)
                    .hasMessageContaining("no such bucket");

            assertThat(store.head("k")).isEmpty();
            assertThat(server.requests())
                    .as("where the answer says that the object is missing, it is enough")
                    .hasSize(3);
        }
    }
}
