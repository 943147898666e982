// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpHeaders;
import com.azure.core.http.HttpRequest;
import com.azure.core.http.HttpResponse;
import com.azure.core.util.BinaryData;
import io.varve.objectstore.HttpDate;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// A whole answer, its body in one array; nothing is left to be read or closed. Immutable by
/// convention: nobody changes the array.
final class AzureAnswer extends HttpResponse {
    private static final HttpHeaderName ERROR_CODE = HttpHeaderName.fromString("x-ms-error-code");
    private static final HttpHeaderName REQUEST_ID = HttpHeaderName.fromString("x-ms-request-id");
    private static final Pattern CODE = Pattern.compile("<Code>([^<]{1,100})</Code>");
    private static final Pattern MESSAGE = Pattern.compile("<Message>([^<]{1,2000})");
    private static final Pattern DETAIL =
            Pattern.compile("<AuthenticationErrorDetail>([^<]{1,2000})");

    private final int status;
    private final HttpHeaders headers;
    private final byte[] body;

    AzureAnswer(HttpRequest request, int status, HttpHeaders headers, byte[] body) {
        super(request);
        this.status = status;
        this.headers = headers;
        this.body = body;
    }

    boolean isSuccess() {
        return status >= 200 && status < 300;
    }

    byte[] body() {
        return body;
    }

    Optional<String> header(String name) {
        @Nullable String value = headers.getValue(HttpHeaderName.fromString(name));
        return Optional.ofNullable(value);
    }

    /// The server's clock; empty when it does not tell it.
    Optional<Instant> date() {
        return header("Date").flatMap(HttpDate::parse);
    }

    /// The store's word for what went wrong; empty where it said none.
    String code() {
        @Nullable String code = headers.getValue(ERROR_CODE);
        return code != null ? code : found(CODE);
    }

    /// The store's sentence about what went wrong, in one line; empty where it said none.
    String says() {
        return found(MESSAGE).lines().findFirst().orElse("");
    }

    /// What it says about a refused signature. It may repeat a part of the request, so it is only
    /// looked into and not shown.
    String authenticationDetail() {
        return found(DETAIL);
    }

    /// By which Microsoft's support finds a request.
    String requestId() {
        @Nullable String id = headers.getValue(REQUEST_ID);
        return id == null ? "" : id;
    }

    private String found(Pattern pattern) {
        if (isSuccess()) {
            return "";
        }
        Matcher matcher = pattern.matcher(new String(body, StandardCharsets.UTF_8));
        return matcher.find() ? matcher.group(1).strip() : "";
    }

    @Override
    public int getStatusCode() {
        return status;
    }

    @Override
    @Deprecated
    public @Nullable String getHeaderValue(String name) {
        return headers.getValue(HttpHeaderName.fromString(name));
    }

    @Override
    public @Nullable String getHeaderValue(HttpHeaderName name) {
        return headers.getValue(name);
    }

    @Override
    public HttpHeaders getHeaders() {
        return headers;
    }

    @Override
    public Flux<ByteBuffer> getBody() {
        return Flux.just(ByteBuffer.wrap(body));
    }

    @Override
    public BinaryData getBodyAsBinaryData() {
        return BinaryData.fromBytes(body);
    }

    @Override
    public Mono<byte[]> getBodyAsByteArray() {
        return Mono.just(body);
    }

    @Override
    public Mono<String> getBodyAsString() {
        return getBodyAsString(StandardCharsets.UTF_8);
    }

    @Override
    public Mono<String> getBodyAsString(Charset charset) {
        return Mono.just(new String(body, charset));
    }

    @Override
    public HttpResponse buffer() {
        return this;
    }
}
