// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.objectstore.ByteRange;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectSlice;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.s3.ScriptedS3.Answer;
import io.varve.objectstore.s3.ScriptedS3.Request;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.http.SdkHttpResponse;

/// What is sent, and what is made of answers that only some servers give.
final class S3AnswerTest {
    private ScriptedS3 server;
    private ObjectStore store;

    @BeforeEach
    void start() throws IOException {
        server = new ScriptedS3();
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
        assertThat(request.method()).isEqualTo("PUT");
        assertThat(request.uri().toString()).isEqualTo("/bucket/a/k");
        assertThat(request.header("If-None-Match")).isEqualTo("*");
        assertThat(request.header("x-amz-decoded-content-length")).isEqualTo("9");
        assertThat(request.header("x-amz-checksum-crc32c"))
                .as("the check value of CRC-32C, e3069283")
                .isEqualTo("4waSgw==");
        assertThat(new String(request.body(), US_ASCII)).contains("\r\n123456789\r\n");
        assertThat(info.bytes()).isEqualTo(9);
    }

    @Test
    void anOverwriteHasNoConditionAndOldServersGetNoChecksum() throws IOException {
        try (ObjectStore old = server.open("&checksums=required")) {
            old.put("k", ObjectBody.of(new byte[9]), PutMode.OVERWRITE);

            Request request = server.requests().getFirst();
            assertThat(request.header("If-None-Match")).isNull();
            assertThat(request.headers().keySet())
                    .noneMatch(name -> name.toLowerCase(Locale.ROOT).contains("checksum"));
            assertThat(request.body()).as("not framed in chunks").isEqualTo(new byte[9]);
        }
    }

    @Test
    void aServerThatKnowsNoRangesStillGivesTheRightBytes() throws IOException {
        Answer whole = new Answer(200, Map.of(), "0123456789");
        server.next(whole, whole);

        assertSlice(store.get("k", ByteRange.span(3, 4)), 3, "3456");
        assertSlice(store.get("k", ByteRange.tail(2)), 8, "89");
    }

    private static void assertSlice(ObjectSlice slice, long position, String content) {
        assertThat(US_ASCII.decode(slice.bytes()).toString()).isEqualTo(content);
        assertThat(slice.position()).isEqualTo(position);
        assertThat(slice.objectBytes()).isEqualTo(10);
    }

    @Test
    void anAnswerWithAnotherRangeIsRefused() {
        for (String said : new String[] {"bytes 0-3/10", "bytes 3-5/10", "bytes 3-6/*", "x"}) {
            server.next(new Answer(206, Map.of("Content-Range", said), "0123"));

            assertThatThrownBy(() -> store.get("k", ByteRange.span(3, 4)))
                    .isInstanceOf(ObjectStoreException.Denied.class)
                    .hasMessageContaining("asked=bytes=3-6, answered=" + said);
        }
    }

    @Test
    void anEmptyPageThatIsNotTheLastIsFollowedAndForeignNamesAreLeftOut() throws IOException {
        server.next(page("token-1"), page("token-2", "a", "a b"), page("", "b"));

        assertThat(store.list("", "", 10)).extracting(ObjectInfo::key).containsExactly("a", "b");
        assertThat(server.requests()).hasSize(3);
        assertThat(server.requests().get(1).uri().getQuery()).contains("token-1");
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
        String contents =
                Stream.of(keys)
                        .map(key ->
                                "<Contents><Key>"
                                        + key
                                        + "</Key><Size>1</Size><LastModified>2026-11-28T10:00:00.123Z</LastModified></Contents>")
                        .collect(Collectors.joining());
        String more =
                token.isEmpty()
                        ? "<IsTruncated>false</IsTruncated>"
                        : "<IsTruncated>true</IsTruncated><NextContinuationToken>"
                                + token
                                + "</NextContinuationToken>";
        return Answer.xml("<ListBucketResult>" + more + contents + "</ListBucketResult>");
    }

    @Test
    void theClockIsTheDateOfTheAnswer() {
        SdkHttpResponse.Builder answer = SdkHttpResponse.builder().statusCode(200);

        assertThat(S3ObjectStore.dateOf(answer.build())).isEmpty();
        assertThat(S3ObjectStore.dateOf(answer.putHeader("Date", "yesterday").build())).isEmpty();
        assertThat(
                        S3ObjectStore.dateOf(
                                answer.putHeader("Date", "Sat, 28 Nov 2026 10:11:12 GMT").build()))
                .contains(Instant.parse("2026-11-28T10:11:12Z"));
    }

    @Test
    void closingEndsItsThreadAndMakesRequestsTransientErrors() throws InterruptedException {
        List<Thread> deadlines =
                Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> thread.getName().equals("s3-deadlines-bucket"))
                        .toList();
        assertThat(deadlines).isNotEmpty();

        store.close();

        for (Thread thread : deadlines) {
            assertThat(thread.join(Duration.ofSeconds(10))).isTrue();
        }
        assertThatThrownBy(() -> store.head("k"))
                .isInstanceOf(ObjectStoreException.Transient.class);
    }
}
