// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.objectstore.ByteRange;
import io.varve.objectstore.DeleteResult;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectSlice;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.azure.ScriptedAzure.Answer;
import io.varve.objectstore.azure.ScriptedAzure.Request;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What is sent, and what is made of answers that Azurite does not give.
final class AzureAnswerTest {
    private ScriptedAzure server;
    private ObjectStore store;

    @BeforeEach
    void start() throws IOException {
        server = new ScriptedAzure();
        store = server.open();
    }

    @AfterEach
    void stop() {
        store.close();
        server.close();
    }

    @Test
    void aPutIsOneRequestWithItsConditionItsLengthAndItsChecksum() throws IOException {
        ObjectInfo info =
                store.put("a/k", ObjectBody.of("123456789".getBytes(US_ASCII)), PutMode.IF_ABSENT);

        Request request = server.requests().getFirst();
        assertThat(server.requests()).hasSize(1);
        assertThat(request.method()).isEqualTo("PUT");
        assertThat(request.uri().toString()).isEqualTo("/acc1/bucket/a/k");
        assertThat(request.header("If-None-Match")).isEqualTo("*");
        assertThat(request.header("Content-Length")).isEqualTo("9");
        assertThat(request.header("Content-MD5")).isEqualTo("JfnnlDI7RTiF9RgfG2JNCw==");
        assertThat(request.header("x-ms-blob-type")).isEqualTo("BlockBlob");
        assertThat(request.header("x-ms-meta-varveput")).matches("[0-9a-f]{1,32}");
        assertThat(request.header("x-ms-access-tier")).isNull();
        assertThat(request.header("Authorization")).startsWith("SharedKey acc1:");
        assertThat(request.text()).isEqualTo("123456789");
        assertThat(info.bytes()).isEqualTo(9);
    }

    @Test
    void anOverwriteHasNoCondition() throws IOException {
        store.put("k", ObjectBody.of(new byte[9]), PutMode.OVERWRITE);

        assertThat(server.requests().getFirst().header("If-None-Match")).isNull();
    }

    @Test
    void aLargeConditionalPutAsksBeforeItSendsItsBody() throws IOException {
        int bytes = AzureObjectStore.ASKED_BODY_BYTES_MIN;

        store.put("k", ObjectBody.of(new byte[bytes]), PutMode.IF_ABSENT);
        store.put("k", ObjectBody.of(new byte[bytes - 1]), PutMode.IF_ABSENT);

        assertThat(server.requests().get(0).header("Expect")).isEqualTo("100-continue");
        assertThat(server.requests().get(1).header("Expect")).isNull();
        assertThat(server.requests()).allMatch(it -> it.body().length >= bytes - 1);
    }

    @Test
    void theEndOfAnObjectIsReadFromTheObjectWhoseSizeWasAsked() throws IOException {
        server.next(
                head(10, "\"one\""),
                Answer.error(412, "ConditionNotMet"),
                head(12, "\"two\""),
                Answer.of(206, "89").with("Content-Range", "bytes 10-11/12"));

        ObjectSlice slice = store.get("k", ByteRange.tail(2));

        assertThat(slice.position()).isEqualTo(10);
        assertThat(slice.objectBytes()).isEqualTo(12);
        List<Request> requests = server.requests();
        assertThat(requests.get(1).header("If-Match")).isEqualTo("\"one\"");
        assertThat(requests.get(1).header("x-ms-range")).isEqualTo("bytes=8-9");
        assertThat(requests.get(3).header("If-Match")).isEqualTo("\"two\"");
        assertThat(requests.get(3).header("x-ms-range")).isEqualTo("bytes=10-11");
    }

    private static Answer head(int bytes, String etag) {
        return Answer.of(200)
                .with("Content-Length", Integer.toString(bytes))
                .with("Last-Modified", "Sat, 28 Nov 2026 10:00:00 GMT")
                .with("ETag", etag);
    }

    @Test
    void anObjectThatChangesAllTheTimeHasNoEndToRead() {
        for (int i = 0; i < 4; i++) {
            server.next(head(10, "\"x\""), Answer.error(412, "ConditionNotMet"));
        }

        assertThatThrownBy(() -> store.get("k", ByteRange.tail(2)))
                .isInstanceOf(ObjectStoreException.Transient.class)
                .hasMessageContaining("object changed while it was read");
        assertThat(server.requests()).hasSize(8);
    }

    @Test
    void aServerThatGivesTheWholeOfASmallObjectIsUnderstood() throws IOException {
        server.next(Answer.of(200, "0123456789"));

        ObjectSlice slice = store.get("k", ByteRange.span(3, 100));

        assertThat(US_ASCII.decode(slice.bytes()).toString()).isEqualTo("3456789");
        assertThat(slice.objectBytes()).isEqualTo(10);
    }

    @Test
    void anAnswerWithAnotherRangeIsRefused() {
        for (String said : new String[] {"bytes 0-3/10", "bytes 3-5/10", "bytes 3-6/*", "x"}) {
            server.next(Answer.of(206, "0123").with("Content-Range", said));

            assertThatThrownBy(() -> store.get("k", ByteRange.span(3, 4)))
                    .isInstanceOf(ObjectStoreException.Denied.class)
                    .hasMessageContaining("answered=" + said);
        }
    }

    @Test
    void anAnswerLargerThanAskedForIsNotReadNorAskedForAgain() {
        server.next(Answer.of(200, "x".repeat(1_000)));

        assertThatThrownBy(() -> store.get("k", ByteRange.span(3, 4)))
                .isInstanceOf(ObjectStoreException.Denied.class)
                .hasMessageContaining("larger than what was asked for");
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void aListingBeginsWhereItIsAskedToAndDropsTheFirst() throws IOException {
        server.next(page("m1", "p/b", "p/c"), page("", "p/d", "p/d/folder/", "p/e f", "p/g"));

        assertThat(store.list("p/", "p/b", 3))
                .extracting(ObjectInfo::key)
                .containsExactly("p/c", "p/d", "p/g");

        assertThat(server.requests()).hasSize(2);
        assertThat(server.requests().get(0).uri().getRawQuery())
                .contains("prefix=p/", "startFrom=p/b", "maxresults=4");
        assertThat(server.requests().get(1).uri().getRawQuery()).contains("marker=m1");
    }

    private static Answer page(String marker, String... keys) {
        String blobs =
                Stream.of(keys)
                        .map(key ->
                                "<Blob><Name>"
                                        + key
                                        + "</Name><Properties><Last-Modified>Sat, 28 Nov 2026 10:00:00 GMT</Last-Modified><Etag>0x8</Etag><Content-Length>1</Content-Length><ResourceType>"
                                        + (key.endsWith("folder/") ? "directory" : "file")
                                        + "</ResourceType></Properties></Blob>")
                        .collect(Collectors.joining());
        return Answer.of(
                200,
                "\uFEFF<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ContainerName=\"bucket\"><Blobs>"
                        + blobs
                        + "</Blobs><NextMarker>"
                        + marker
                        + "</NextMarker></EnumerationResults>");
    }

    @Test
    void aServerThatBeginsElsewhereIsReadInLargePagesFromThenOn() throws IOException {
        server.next(page("m1", "a", "b"), page("", "c", "d"), page("", "a", "b", "c", "d"));

        assertThat(store.list("", "b", 10)).extracting(ObjectInfo::key).containsExactly("c", "d");
        assertThat(store.list("", "c", 10)).extracting(ObjectInfo::key).containsExactly("d");

        assertThat(server.requests().get(1).uri().getRawQuery())
                .contains("marker=m1", "maxresults=5000");
        assertThat(server.requests().get(2).uri().getRawQuery())
                .contains("maxresults=5000")
                .doesNotContain("startFrom");
    }

    @Test
    void aServerThatRefusesToBeginSomewhereIsAskedFromTheBeginning() throws IOException {
        server.next(Answer.error(400, "UnsupportedQueryParameter"), page("", "a", "b", "c"));

        assertThat(store.list("", "b", 10)).extracting(ObjectInfo::key).containsExactly("c");
        assertThat(server.requests().get(1).uri().getRawQuery()).doesNotContain("startFrom");
    }

    @Test
    void anotherOrderIsRefused() {
        server.next(page("", "b", "a"));

        assertThatThrownBy(() -> store.list("", "", 10))
                .isInstanceOf(ObjectStoreException.Denied.class)
                .hasMessageContaining("name=a, after=b");
    }

    @Test
    void whatIsNoListingIsNotAnEmptyOne() {
        for (String body : List.of("<html><p>hello</html>", "<Other/>", "")) {
            server.next(Answer.of(200, body));

            assertThatThrownBy(() -> store.list("", "", 10))
                    .isInstanceOf(ObjectStoreException.Transient.class)
                    .hasMessageContaining("answer is no listing");
        }
    }

    @Test
    void keysThatAllLieBeforeAreNotAskedFor() throws IOException {
        assertThat(store.list("a/", "b", 10)).isEmpty();
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void aDeleteTellsOfEachKeyWhatTheStoreSaid() throws IOException {
        server.next(
                batch(
                        part(0, "202 Accepted", ""),
                        part(3, "503 Server Busy", "ServerBusy"),
                        part(1, "404 The specified blob does not exist.", "BlobNotFound"),
                        part(2, "409 Conflict", "BlobImmutableDueToPolicy")));

        Map<String, DeleteResult> results =
                store.delete(List.of("done", "gone", "locked", "busy", "unsaid"));

        assertThat(results.get("done")).isEqualTo(new DeleteResult.Deleted());
        assertThat(results.get("gone")).isEqualTo(new DeleteResult.Deleted());
        assertThat(error(results.get("locked")))
                .isInstanceOf(ObjectStoreException.Denied.class)
                .hasMessageContaining("operation=delete, key=locked")
                .hasMessageContaining("legal hold");
        assertThat(error(results.get("busy"))).isInstanceOf(ObjectStoreException.Transient.class);
        assertThat(error(results.get("unsaid")))
                .isInstanceOf(ObjectStoreException.Transient.class)
                .hasMessageContaining("key=unsaid");
        Request request = server.requests().getFirst();
        assertThat(request.uri().getRawQuery()).isEqualTo("restype=container&comp=batch");
        assertThat(request.text())
                .contains("Content-ID: 2\r\n\r\nDELETE /acc1/bucket/locked HTTP/1.1\r\n")
                .doesNotContain("x-ms-version");
        assertThat(request.text().split("Authorization: SharedKey acc1:", -1)).hasSize(6);
    }

    private static Answer batch(String... parts) {
        return Answer.of(202, String.join("", parts) + "--batchresponse_1--\r\n")
                .with("Content-Type", "multipart/mixed; boundary=batchresponse_1");
    }

    private static String part(int number, String status, String code) {
        String error =
                code.isEmpty()
                        ? ""
                        : "x-ms-error-code: "
                                + code
                                + "\r\n\r\n<Error><Code>"
                                + code
                                + "</Code><Message>says so</Message></Error>";
        return "--batchresponse_1\r\nContent-Type: application/http\r\nContent-ID: "
                + number
                + "\r\n\r\nHTTP/1.1 "
                + status
                + "\r\nx-ms-request-id: r\r\n"
                + error
                + "\r\n";
    }

    private static ObjectStoreException error(DeleteResult result) {
        return ((DeleteResult.Failed) result).error();
    }

    @Test
    void aBatchThatIsRefusedAsAWholeDeletesNothing() {
        server.next(
                batch(
                        "--batchresponse_1\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 400 One\r\nx-ms-error-code: InvalidInput\r\n\r\n"));
        assertThatThrownBy(() -> store.delete(List.of("a")))
                .isInstanceOf(ObjectStoreException.Denied.class)
                .hasMessageContaining("code=InvalidInput");

        server.next(Answer.error(403, "AuthorizationPermissionMismatch"));
        assertThatThrownBy(() -> store.delete(List.of("a")))
                .isInstanceOf(ObjectStoreException.Denied.class)
                .hasMessageContaining("Storage Blob Data Contributor");
    }

    @Test
    void aThousandDeletesAreFourRequests() throws IOException {
        List<String> keys = IntStream.range(0, 1_000).mapToObj(i -> "k" + i).toList();
        for (int from = 0; from < 1_000; from += 256) {
            server.next(
                    batch(
                            IntStream.range(0, Math.min(256, 1_000 - from))
                                    .mapToObj(i -> part(i, "202 Accepted", ""))
                                    .toArray(String[]::new)));
        }

        assertThat(store.delete(keys))
                .hasSize(1_000)
                .values()
                .containsOnly(new DeleteResult.Deleted());
        assertThat(server.requests()).hasSize(4);
    }

    @Test
    void afterItsCloseNoThreadIsLeftAndCallsEndAtOnce() throws Exception {
        assertThatThrownBy(() -> store.get("k", ByteRange.span(0, 1)))
                .isInstanceOf(ObjectStoreException.NotFound.class);
        List<Thread> deadlines =
                Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> thread.getName().equals("azure-deadlines-bucket"))
                        .toList();
        assertThat(deadlines).isNotEmpty().allMatch(Thread::isDaemon);

        store.close();

        for (Thread thread : deadlines) {
            assertThat(thread.join(Duration.ofSeconds(10))).isTrue();
        }
        assertThatThrownBy(() -> store.head("k"))
                .isInstanceOf(ObjectStoreException.Transient.class)
                .hasMessageContaining("connection is closed");
    }
}
