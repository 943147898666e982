// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.objectstore.ByteRange;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.RequestListener;
import io.varve.objectstore.azure.ScriptedAzure.Answer;
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

/// What a human is told when container, credentials, permissions or endpoint are wrong.
final class AzureRefusalTest {
    private ScriptedAzure server;

    @BeforeEach
    void start() throws IOException {
        server = new ScriptedAzure();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "404 | ContainerNotFound                  | NotFound  | no such container | make it",
                "409 | ContainerBeingDeleted              | NotFound  | no such container | make it",
                "404 | ResourceNotFound                   | NotFound  | no such container | the endpoint one of Blob Storage",
                "403 | AuthenticationFailed               | Denied    | the store refused | azure.account-key is no key of account=acc1",
                "403 | AuthorizationFailure               | Denied    | the store refused | azure.account-key right for this account",
                "403 | AuthorizationPermissionMismatch    | Denied    | the store refused | Storage Blob Data Contributor",
                "403 | InsufficientAccountPermissions     | Denied    | the store refused | sp=rwdl",
                "403 | KeyBasedAuthenticationNotPermitted | Denied    | the store refused | takes no account keys",
                "403 | AuthorizationSourceIPMismatch      | Denied    | the store refused | network rules",
                "409 | BlobImmutableDueToPolicy           | Denied    | the store refused | immutability policy or a legal hold",
                "412 | LeaseIdMissing                     | Denied    | the store refused | lease",
                "409 | BlobArchived                       | Denied    | the store refused | archive tier",
                "400 | InvalidBlobTier                    | Denied    | the store refused | object-store.storage-class",
                "400 | Md5Mismatch                        | Denied    | the store refused | says=says so",
                "413 | RequestBodyTooLarge                | Denied    | the store refused | says=says so",
                "501 | NotImplemented                     | Denied    | the store refused | does not know"
            })
    void aRefusedPutSaysWhoWhatWhereAndWhatToDo(
            int status, String code, String kind, String fact, String remedy) throws IOException {
        try (ObjectStore store = server.open()) {
            server.next(Answer.error(status, code));

            ObjectStoreException error =
                    catchThrowableOfType(ObjectStoreException.class, () -> put(store, "a/k"));

            assertThat(error.getClass().getSimpleName()).isEqualTo(kind);
            assertThat(error.getMessage())
                    .contains(fact, remedy, "operation=put, key=a/k, container=bucket")
                    .contains("account=acc1, endpoint=" + server.endpoint())
                    .contains("status=" + status, code, "request=id-of-the-request")
                    .doesNotContain(ScriptedAzure.SECRET, "RequestId:1");
            assertThat(server.requests()).as("it is not tried again").hasSize(1);
        }
    }

    private static void put(ObjectStore store, String key) throws ObjectStoreException {
        store.put(key, ObjectBody.of(new byte[10]), PutMode.IF_ABSENT);
    }

    @Test
    void aWrongAccessTierIsNamed() throws IOException {
        try (ObjectStore store = server.open()) {
            server.next(
                    Answer.error(
                            400,
                            "InvalidHeaderValue",
                            "bad</Message><HeaderName>x-ms-access-tier</HeaderName><Message>",
                            ""));

            assertThatThrownBy(() -> put(store, "k"))
                    .isInstanceOf(ObjectStoreException.Denied.class)
                    .hasMessageContaining("is object-store.storage-class an access tier");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Request date header too old: 'Sat'         | clock is wrong",
                "Signature not valid in the specified time frame: Start - Expiry | has expired",
                "The MAC signature found in the request 'c2VjcmV0' is not the same | is no key of account=acc1"
            })
    void aRefusedSignatureSaysWhyWithoutRepeatingIt(String detail, String remedy) {
        server.next(Answer.error(403, "AuthenticationFailed", "Make sure c2VjcmV0", detail));

        assertThatThrownBy(() -> server.open())
                .isInstanceOf(ObjectStoreException.Denied.class)
                .hasMessageContaining("operation=open")
                .hasMessageContaining(remedy)
                .hasMessageNotContaining("c2VjcmV0");
    }

    @Test
    void opensNoContainerThatIsNotThereOrRefusesUs() {
        server.next(Answer.error(404, "ContainerNotFound"));
        assertThatThrownBy(() -> server.open())
                .isInstanceOf(ObjectStoreException.NotFound.class)
                .hasMessageContaining("no such container: operation=open, container=bucket");

        server.next(Answer.of(404, "<html>nothing here</html>"));
        assertThatThrownBy(() -> server.open())
                .isInstanceOf(ObjectStoreException.NotFound.class)
                .hasMessageContaining("the endpoint one of Blob Storage");
    }

    @Test
    void opensAStoreThatIsAwayAndSaysSoAtTheFirstRequest() throws IOException {
        int port;
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = taken.getLocalPort();
        }
        try (ObjectStore store =
                AzureObjectStore.open(
                        AzureAddress.parse("//bucket?endpoint=http://127.0.0.1:" + port + "/acc1"),
                        ScriptedAzure.access(
                                Map.of("azure.account-key", ScriptedAzure.SECRET),
                                ScriptedAzure.QUICK,
                                RequestListener.NONE))) {
            List<ThrowingCall> calls =
                    List.of(
                            () -> put(store, "k"),
                            () -> store.get("k", ByteRange.tail(1)),
                            () -> store.get("k", ByteRange.span(0, 1)),
                            () -> store.head("k"),
                            () -> store.list("", "", 1),
                            () -> store.delete(List.of("k")),
                            () -> store.serverTime());
            for (ThrowingCall call : calls) {
                assertThatThrownBy(call::run)
                        .isInstanceOf(ObjectStoreException.Transient.class)
                        .hasMessageContaining("no answer from the store")
                        .hasMessageContaining("attempts=4")
                        .hasMessageContaining("endpoint=http://127.0.0.1:" + port);
            }
        }
    }

    @FunctionalInterface
    private interface ThrowingCall {
        void run() throws IOException;
    }

    @Test
    void aNameThatDoesNotResolveIsAWordToTheOperator() throws IOException {
        try (ObjectStore store =
                AzureObjectStore.open(
                        AzureAddress.parse("//bucket?account=acc1&endpoint=http://nobody.invalid"),
                        ScriptedAzure.access(
                                Map.of("azure.account-key", ScriptedAzure.SECRET),
                                ScriptedAzure.QUICK,
                                RequestListener.NONE))) {
            assertThatThrownBy(() -> store.head("k"))
                    .isInstanceOf(ObjectStoreException.Transient.class)
                    .hasMessageContaining("does not resolve")
                    .hasMessageContaining("a storage account of this name");
        }
    }

    @Test
    void credentialsThatCannotBeAnyAreRefusedBeforeARequest() {
        for (Map<String, String> keys :
                List.of(
                        Map.of("azure.account-key", "hunter2 is no base64"),
                        Map.of("azure.sas-token", "hunter2"),
                        Map.<String, String>of())) {
            assertThatThrownBy(() -> server.open(keys, ScriptedAzure.QUICK, RequestListener.NONE))
                    .isInstanceOf(ObjectStoreException.Denied.class)
                    .hasMessageContaining("object-store.azure.")
                    .hasMessageNotContaining("hunter2");
        }
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void aMissingContainerIsNotAnAbsentObject() throws IOException {
        try (ObjectStore store = server.open()) {
            server.next(Answer.error(404, "ContainerNotFound"));
            assertThatThrownBy(() -> store.head("k"))
                    .isInstanceOf(ObjectStoreException.NotFound.class)
                    .hasMessageContaining("no such container");

            server.next(Answer.of(404), Answer.error(404, "ContainerNotFound"));
            assertThatThrownBy(() -> store.head("k"))
                    .as("a server that does not say what is missing")
                    .isInstanceOf(ObjectStoreException.NotFound.class)
                    .hasMessageContaining("no such container");

            server.next(Answer.error(404, "BlobNotFound"));
            assertThat(store.head("k")).isEmpty();
        }
    }
}
