// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.api.client.http.HttpHeaders;
import io.varve.objectstore.BucketSettings;
import io.varve.objectstore.ByteRange;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectSlice;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.RequestListener;
import io.varve.objectstore.gcs.ScriptedGcs.Answer;
import io.varve.objectstore.gcs.ScriptedGcs.Request;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What is sent, and what is made of answers that only some servers give.
final class GcsAnswerTest {
    private ScriptedGcs server;
    private ObjectStore store;

    @BeforeEach
    void start() throws IOException {
        server = new ScriptedGcs();
        store = server.open();
    }

    @AfterEach
    void stop() {
        store.close();
        server.close();
    }

    @Test
    void aPutIsOneRequestWithItsConditionItsLengthAndItsChecksum() throws IOException {
        ObjectBody body = ObjectBody.of("123456789".getBytes(US_ASCII));

        ObjectInfo info = store.put("a/k", body, PutMode.IF_ABSENT);

        Request request = server.requests().getFirst();
        assertThat(server.requests()).hasSize(1);
        assertThat(request.method()).isEqualTo("POST");
        assertThat(request.uri().getPath()).isEqualTo("/upload/storage/v1/b/bucket/o");
        assertThat(request.uri().getQuery())
                .contains("uploadType=multipart", "ifGenerationMatch=0");
        assertThat(request.header("Content-Length")).isEqualTo("" + request.body().length);
        assertThat(request.header("Content-Encoding")).isNull();
        assertThat(request.header("Content-Type")).startsWith("multipart/related; boundary=varve-");
        assertThat(request.text())
                .as("the check value of CRC-32C, e3069283")
                .contains("\"crc32c\":\"4waSgw==\"")
                .contains("\"name\":\"a/k\"", "\"cacheControl\":\"no-store, no-transform\"")
                .contains("\"varve-put\":\"", "\r\n\r\n123456789\r\n--varve-")
                .doesNotContain("storageClass");
        assertThat(info).isEqualTo(new ObjectInfo("a/k", 9, Instant.parse("2026-11-28T10:00:00Z")));
    }

    @Test
    void anOverwriteHasNoConditionAndTheClassIsTheOneThatIsWanted() throws IOException {
        BucketSettings settings = BucketSettings.of(Map.of("storage-class", "NEARLINE"));
        try (ObjectStore nearline =
                server.open(settings, ScriptedGcs.QUICK, RequestListener.NONE)) {
            nearline.put("k", ObjectBody.of(new byte[9]), PutMode.OVERWRITE);

            Request request = server.requests().getFirst();
            assertThat(request.uri().getQuery()).doesNotContain("ifGeneration");
            assertThat(request.text()).contains("\"storageClass\":\"NEARLINE\"");
        }
    }

    @Test
    void aPutThatStoredSomethingElseIsRefused() {
        server.next(ScriptedGcs.object("k", 8, ""));

        assertThatThrownBy(() -> store.put("k", ObjectBody.of(new byte[9]), PutMode.IF_ABSENT))
                .isInstanceOf(ObjectStoreException.Denied.class)
                .hasMessageContaining("something else");
    }

    @Test
    void aServerThatKnowsNoRangesStillGivesTheRightBytes() throws IOException {
        Answer whole = new Answer(200, Map.of(), "0123456789");
        server.next(whole, whole, whole);

        assertSlice(store.get("k", ByteRange.span(3, 4)), 3, "3456");
        assertSlice(store.get("k", ByteRange.tail(2)), 8, "89");
        assertThatThrownBy(() -> store.get("k", ByteRange.span(10, 1)))
                .isInstanceOf(ObjectStoreException.InvalidRange.class);
    }

    private static void assertSlice(ObjectSlice slice, long position, String content) {
        assertThat(US_ASCII.decode(slice.bytes()).toString()).isEqualTo(content);
        assertThat(slice.position()).isEqualTo(position);
        assertThat(slice.objectBytes()).isEqualTo(10);
    }

    @Test
    void aRangeIsAskedForAsItIsAndReadAsItIsStored() throws IOException {
        Answer packed = new Answer(206, Map.of("Content-Encoding", "gzip"), "3456");
        server.next(packed.with("Content-Range", "bytes 3-6/10"));

        assertSlice(store.get("a/k", ByteRange.span(3, 4)), 3, "3456");

        Request request = server.requests().getFirst();
        assertThat(request.uri().getRawPath()).isEqualTo("/download/storage/v1/b/bucket/o/a%2Fk");
        assertThat(request.uri().getQuery()).isEqualTo("alt=media");
        assertThat(request.header("Range")).isEqualTo("bytes=3-6");
    }

    @Test
    void anAnswerWithAnotherRangeIsRefused() {
        for (String said : new String[] {"bytes 0-3/10", "bytes 3-5/10", "bytes 3-6/*", "x"}) {
            server.next(new Answer(206, Map.of("Content-Range", said), "0123"));

            assertThatThrownBy(() -> store.get("k", ByteRange.span(3, 4)))
                    .isInstanceOf(ObjectStoreException.Denied.class)
                    .hasMessageContaining("asked=bytes=3-6, answered=" + said);
        }
        server.next(new Answer(206, Map.of("Content-Range", "bytes 3-6/10"), "01234"));
        assertThatThrownBy(() -> store.get("k", ByteRange.span(3, 4)))
                .isInstanceOf(ObjectStoreException.Denied.class)
                .hasMessageContaining("more bytes");
    }

    @Test
    void anEmptyPageThatIsNotTheLastIsFollowedAndForeignNamesAreLeftOut() throws IOException {
        server.next(page("token-1"), page("token-2", "a", "a b"), page("", "b"));

        assertThat(store.list("", "", 10)).extracting(ObjectInfo::key).containsExactly("a", "b");
        assertThat(server.requests()).hasSize(3);
        assertThat(server.requests().get(1).uri().getQuery()).contains("pageToken=token-1");
    }

    @Test
    void aListingBeginsBehindAKeyWithoutAskingForIt() throws IOException {
        assertThat(store.list("a/", "a/k", 7)).isEmpty();

        assertThat(server.requests().getFirst().uri().getQuery())
                .contains("startOffset=a/k!", "prefix=a/", "maxResults=7");
    }

    @Test
    void whatAStoreListsAgainIsDroppedAndAnotherOrderIsRefused() throws IOException {
        server.next(page("", "a", "b", "c"));
        assertThat(store.list("", "b", 10)).extracting(ObjectInfo::key).containsExactly("c");

        server.next(page("", "b", "a"));
        assertThatThrownBy(() -> store.list("", "", 10))
                .isInstanceOf(ObjectStoreException.Denied.class)
                .hasMessageContaining("key=a, after=b");
    }

    private static Answer page(String token, String... keys) {
        String items =
                Stream.of(keys)
                        .map(key -> ScriptedGcs.object(key, 1, "").body())
                        .collect(Collectors.joining(",", "[", "]"));
        String more = token.isEmpty() ? "" : ",\"nextPageToken\":\"" + token + "\"";
        return Answer.json(
                keys.length == 0 ? "{\"x\":1" + more + "}" : "{\"items\":" + items + more + "}");
    }

    @Test
    void theClockIsTheDateOfTheAnswer() {
        assertThat(GcsObjectStore.dateOf(new HttpHeaders())).isEmpty();
        assertThat(GcsObjectStore.dateOf(new HttpHeaders().setDate("yesterday"))).isEmpty();
        assertThat(
                        GcsObjectStore.dateOf(
                                new HttpHeaders().setDate("Sat, 28 Nov 2026 10:11:12 GMT")))
                .contains(Instant.parse("2026-11-28T10:11:12Z"));
    }

    @Test
    void packedAnswersAreReadAndConnectionsAreUsedAgain() throws IOException {
        Answer part = new Answer(206, Map.of("Content-Range", "bytes 3-6/10"), "3456");
        for (int i = 0; i < 3; i++) {
            server.next(
                    ScriptedGcs.object("k", 3, "").packed(),
                    part,
                    page("", "a").packed(),
                    Answer.error(412, "conditionNotMet").packed(),
                    ScriptedGcs.object("k", 3, "another").packed());

            store.put("k", ObjectBody.of(new byte[3]), PutMode.OVERWRITE);
            assertSlice(store.get("k", ByteRange.span(3, 4)), 3, "3456");
            assertThat(store.list("", "", 1)).hasSize(1);
            assertThatThrownBy(() -> store.put("k", ObjectBody.of(new byte[3]), PutMode.IF_ABSENT))
                    .isInstanceOf(ObjectStoreException.AlreadyExists.class);
            store.delete(List.of("k"));
        }

        assertThat(server.requests()).hasSize(18);
        assertThat(server.requests().stream().map(Request::clientPort).distinct()).hasSize(1);
    }

    /// There are eight connections, and each such answer takes one.
    @Test
    void connectionsOfAnswersThatAreNotReadToTheirEndAreNotLost() throws IOException {
        String odd = "x".repeat(100_000);
        for (int i = 0; i < 20; i++) {
            server.next(new Answer(206, Map.of("Content-Range", "bytes 0-1/10"), odd));
            assertThatThrownBy(() -> store.get("k", ByteRange.span(3, 4)))
                    .isInstanceOf(ObjectStoreException.Denied.class);
            server.next(new Answer(206, Map.of("Content-Range", "bytes 3-6/2"), odd));
            assertThatThrownBy(() -> store.get("k", ByteRange.span(3, 4)))
                    .isInstanceOf(ObjectStoreException.InvalidRange.class);
            server.next(new Answer(403, Map.of("Content-Type", "text/html"), odd));
            assertThatThrownBy(() -> store.get("k", ByteRange.span(3, 4)))
                    .isInstanceOf(ObjectStoreException.Denied.class);
            server.next(new Answer(200, Map.of(), odd));
            assertThat(store.get("k", ByteRange.span(3, 4)).objectBytes()).isEqualTo(100_000);
        }
    }

    @Test
    void aThousandKeysAreDeletedInTenBatches() throws IOException {
        List<String> keys = Stream.iterate(1, i -> i + 1).limit(1_000).map(i -> "k/" + i).toList();

        assertThat(store.delete(keys).keySet()).containsExactlyElementsOf(keys);

        assertThat(server.requests()).hasSize(10);
        assertThat(server.requests().getFirst().uri().getPath()).isEqualTo("/batch/storage/v1");
        assertThat(server.requests().getFirst().text())
                .contains("DELETE ", "/storage/v1/b/bucket/o/k%2F1 ");
    }

    @Test
    void closingEndsItsThreadAndMakesRequestsTransientErrors() throws InterruptedException {
        List<Thread> deadlines =
                Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> thread.getName().equals("gcs-deadlines-bucket"))
                        .toList();
        assertThat(deadlines).isNotEmpty();

        store.close();

        for (Thread thread : deadlines) {
            assertThat(thread.join(Duration.ofSeconds(10))).isTrue();
        }
        assertThatThrownBy(() -> store.head("k"))
                .isInstanceOf(ObjectStoreException.Transient.class)
                .hasMessageContaining("connection is closed");
    }
}
