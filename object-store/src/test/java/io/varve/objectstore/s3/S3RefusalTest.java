// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.objectstore.BucketSettings;
import io.varve.objectstore.ByteRange;
import io.varve.objectstore.DeleteResult;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.RequestMeter;
import io.varve.objectstore.governed.GovernedBucket;
import io.varve.objectstore.governed.GovernorLimits;
import io.varve.objectstore.governed.Priority;
import io.varve.objectstore.governed.StoreGovernor;
import io.varve.objectstore.s3.ScriptedS3.Answer;
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
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkClientException;

/// What a human is told when bucket, credentials, region or endpoint are wrong.
final class S3RefusalTest {
    private ScriptedS3 server;

    @BeforeEach
    void start() throws IOException {
        server = new ScriptedS3();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "404 | NoSuchBucket                 | NotFound  | no such bucket | make it",
                "403 | AccessDenied                 | Denied    | the store refused | s3:PutObject",
                "403 | InvalidAccessKeyId           | Denied    | the store refused | AWS_ACCESS_KEY_ID",
                "403 | SignatureDoesNotMatch        | Denied    | the store refused | AWS_SECRET_ACCESS_KEY",
                "400 | ExpiredToken                 | Denied    | the store refused | valid credentials",
                "403 | RequestTimeTooSkewed         | Denied    | clock is wrong    | clock",
                "400 | AuthorizationHeaderMalformed | Denied    | another region    | set region=R",
                "501 | NotImplemented               | Denied    | the store refused | does not know",
                "507 | XMinioStorageFull            | Denied    | the store refused | no room left",
                "400 | XAmzContentSHA256Mismatch    | Denied    | the store refused | checksums=required",
                "400 | EntityTooLarge               | Denied    | the store refused | says=says so"
            })
    void aRefusedPutSaysWhoWhatWhereAndWhatToDo(
            int status, String code, String kind, String fact, String remedy) throws IOException {
        try (ObjectStore store = server.open()) {
            answerAll(Answer.error(status, code));

            ObjectStoreException error =
                    catchThrowableOfType(ObjectStoreException.class, () -> put(store, "a/k"));

            assertThat(error.getClass().getSimpleName()).isEqualTo(kind);
            assertThat(error.getMessage())
                    .contains(fact, remedy, "operation=put, key=a/k, bucket=bucket")
                    .contains("endpoint=" + server.endpoint(), "status=" + status, code)
                    .doesNotContain(ScriptedS3.SECRET);
        }
    }

    private void answerAll(Answer answer) {
        server.next(answer, answer, answer, answer, answer, answer, answer, answer);
    }

    private static void put(ObjectStore store, String key) throws ObjectStoreException {
        store.put(key, ObjectBody.of(new byte[10]), PutMode.IF_ABSENT);
    }

    @Test
    void aRefusalIsNotTriedAgainNorTakenForAnUnknownOutcome() throws IOException {
        try (ObjectStore store = server.open()) {
            answerAll(Answer.error(403, "AccessDenied"));

            assertThatThrownBy(() -> put(store, "k"))
                    .isInstanceOf(ObjectStoreException.Denied.class);

            assertThat(server.requests()).hasSize(1);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "301, PermanentRedirect",
        "307, TemporaryRedirect",
        "400, AuthorizationHeaderMalformed"
    })
    void aBucketElsewhereIsNamedWithItsRegion(int status, String code) {
        answerAll(Answer.error(status, code).with("x-amz-bucket-region", "eu-west-3"));

        assertThatThrownBy(() -> server.open())
                .isInstanceOf(ObjectStoreException.Denied.class)
                .hasMessageContaining("the bucket is in another region: set region=eu-west-3");
    }

    /// Each refused request names the permission that it takes.
    @Test
    void aReadOnlyBucketIsToldWithTheMissingPermission() throws IOException {
        try (ObjectStore store = server.open()) {
            answerAll(Answer.error(403, "AccessDenied"));

            assertThatThrownBy(() -> put(store, "k"))
                    .hasMessageContaining("lack s3:PutObject here, or the bucket is read-only");
            assertThatThrownBy(() -> store.get("k", ByteRange.tail(1)))
                    .hasMessageContaining("lack s3:GetObject here");
            assertThatThrownBy(() -> store.delete(List.of("k")))
                    .hasMessageContaining("lack s3:DeleteObject here");
            assertThatThrownBy(() -> store.list("", "", 1))
                    .hasMessageContaining("lack s3:ListBucket here");
        }
    }

    @Test
    void opensNoBucketThatIsNotThereOrRefusesUs() {
        server.next(Answer.error(404, "NoSuchBucket"));
        assertThatThrownBy(() -> server.open())
                .isInstanceOf(ObjectStoreException.NotFound.class)
                .hasMessageContaining("no such bucket: operation=open, bucket=bucket");

        server.next(Answer.error(403, "InvalidAccessKeyId"));
        assertThatThrownBy(() -> server.open())
                .isInstanceOf(ObjectStoreException.Denied.class)
                .hasMessageContaining("AWS_ACCESS_KEY_ID");
    }

    @Test
    void aServerThatIsNoObjectStoreIsTakenForAMissingBucket() {
        server.next(new Answer(404, Map.of(), "<html>nothing here</html>"));

        assertThatThrownBy(() -> server.open())
                .isInstanceOf(ObjectStoreException.NotFound.class)
                .hasMessageContaining("or the endpoint");
    }

    @Test
    void opensAStoreThatIsAwayAndSaysSoAtTheFirstRequest() throws IOException {
        int port;
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = taken.getLocalPort();
        }
        S3Address address = S3Address.parse("//bucket?endpoint=http://127.0.0.1:" + port);

        try (ObjectStore store =
                S3ObjectStore.open(
                        address,
                        AnonymousCredentialsProvider.create(),
                        S3Server.access(ScriptedS3.QUICK))) {
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
    void missingCredentialsAreAWordToTheOperator() {
        S3Address address = S3Address.parse("//bucket?endpoint=" + server.endpoint());

        assertThatThrownBy(() ->
                        S3ObjectStore.open(
                                address,
                                () -> {
                                    throw SdkClientException.create(
                                            "Unable to load credentials from any of the providers");
                                },
                                S3Server.access(ScriptedS3.QUICK)))
                .isInstanceOf(ObjectStoreException.Denied.class)
                .hasMessageContaining("no credentials found")
                .hasMessageContaining("AWS_ACCESS_KEY_ID");
    }

    @Test
    void aMissingBucketIsNotAnAbsentObject() throws IOException {
        try (ObjectStore store = server.open()) {
            Answer absent = Answer.error(404, "NoSuchBucket");
            server.next(absent, Answer.of(404), absent);

            assertThatThrownBy(() -> store.head("k"))
                    .isInstanceOf(ObjectStoreException.NotFound.class)
                    .hasMessageContaining("no such bucket");
        }
    }

    @Test
    void aDeleteTellsOfEachKeyWhatTheStoreSaid() throws IOException {
        try (ObjectStore store = server.open()) {
            server.next(
                    Answer.xml(
                            """
                            <DeleteResult>
                              <Deleted><Key>done</Key></Deleted>
                              <Error><Key>gone</Key><Code>NoSuchKey</Code><Message>m</Message></Error>
                              <Error><Key>locked</Key><Code>AccessDenied</Code><Message>held</Message></Error>
                              <Error><Key>busy</Key><Code>SlowDown</Code><Message>m</Message></Error>
                            </DeleteResult>
                            """));

            var results = store.delete(List.of("done", "gone", "locked", "busy", "unsaid"));

            assertThat(results.get("done")).isEqualTo(new DeleteResult.Deleted());
            assertThat(results.get("gone")).isEqualTo(new DeleteResult.Deleted());
            assertThat(error(results.get("locked")))
                    .isInstanceOf(ObjectStoreException.Denied.class)
                    .hasMessageContaining("key=locked")
                    .hasMessageContaining("says=held");
            assertThat(error(results.get("busy")))
                    .isInstanceOf(ObjectStoreException.Transient.class);
            assertThat(error(results.get("unsaid")))
                    .isInstanceOf(ObjectStoreException.Transient.class)
                    .hasMessageContaining("key=unsaid");
        }
    }

    @Test
    void aKeyThatTheStoreWantsLaterSlowsTheBucketDown() throws IOException {
        StoreGovernor governor =
                new StoreGovernor(
                        GovernorLimits.of("s3://b", BucketSettings.Rates.NONE), System::nanoTime);
        try (GovernedBucket bucket =
                new GovernedBucket(server.open(), governor, new RequestMeter())) {
            ObjectStore store = bucket.as(Priority.BACKGROUND);
            server.next(
                    Answer.xml(
                            """
                            <DeleteResult>
                              <Deleted><Key>done</Key></Deleted>
                              <Error><Key>busy</Key><Code>SlowDown</Code><Message>m</Message></Error>
                            </DeleteResult>
                            """));
            store.delete(List.of("done", "busy"));
            assertThat(governor.throttled()).isEqualTo(1);

            server.next(
                    Answer.xml("<DeleteResult><Deleted><Key>busy</Key></Deleted></DeleteResult>"));
            store.delete(List.of("busy"));
            assertThat(governor.throttled()).isEqualTo(1);
        }
    }

    private static ObjectStoreException error(DeleteResult result) {
        return ((DeleteResult.Failed) result).error();
    }
}
