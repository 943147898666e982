// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import com.azure.core.http.HttpClient;
import com.azure.core.http.HttpHeader;
import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpHeaders;
import com.azure.core.http.HttpRequest;
import com.azure.core.http.HttpResponse;
import com.azure.core.util.BinaryData;
import com.azure.core.util.Context;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.RequestListener;
import io.varve.objectstore.StoreAccess;
import io.varve.objectstore.StoreLimits;
import io.varve.objectstore.http.StoreHttp;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// How the SDK's requests reach the network: blocking, on the thread that calls, each attempt with
/// a deadline. An answer is read whole, into one array, within its attempt: one that breaks off is
/// the retry policy's, and no answer is ever put together from two.
///
/// This is Apache's client and not the SDK's own adapter of the JDK's: that one passes bodies on in
/// pieces of 4 KiB through Reactor, which costs several times the CPU; and the JDK's client sends a
/// GET or HEAD whose connection breaks again by itself, uncounted and beyond every bound of ours.
///
/// Reports each attempt of a call to the [RequestListener]. Thread-safe; holds one thread, for
/// deadlines.
final class AzureHttp implements HttpClient, AutoCloseable {
    private static final int ERROR_BYTES_MAX = 64 << 10;
    private static final int FOREIGN_BYTES_MAX = 1 << 20;

    private final CloseableHttpClient client;
    private final ScheduledThreadPoolExecutor deadlines;
    private final StoreLimits limits;
    private final RequestListener requests;

    private AzureHttp(
            CloseableHttpClient client,
            ScheduledThreadPoolExecutor deadlines,
            StoreLimits limits,
            RequestListener requests) {
        this.client = client;
        this.deadlines = deadlines;
        this.limits = limits;
        this.requests = requests;
    }

    /// Opens no connection yet.
    ///
    /// @param name of its thread
    static AzureHttp open(String name, StoreAccess access) {
        return new AzureHttp(
                StoreHttp.client(access),
                StoreHttp.deadlines("azure-deadlines-" + name),
                access.limits(),
                access.requests());
    }

    @Override
    public Mono<HttpResponse> send(HttpRequest request) {
        return send(request, Context.NONE);
    }

    /// For what the SDK asks on its own behalf: none of our calls comes this way.
    @Override
    public Mono<HttpResponse> send(HttpRequest request, Context context) {
        return Mono.fromCallable(() -> sendSync(request, context))
                .subscribeOn(Schedulers.boundedElastic());
    }

    /// @throws UncheckedIOException no whole answer came
    @Override
    public HttpResponse sendSync(HttpRequest request, Context context) {
        try {
            @Nullable AzureCall call = AzureCall.of(context);
            return call == null ? exchange(request) : exchange(request, call);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A request of the SDK's own, for a token.
    private AzureAnswer exchange(HttpRequest request) throws IOException {
        BinaryData body = request.getBodyAsBinaryData();
        AzureBody bytes = body == null ? AzureBody.NONE : AzureBody.of(body.toBytes());
        HttpUriRequestBase message = message(request, bytes, false, limits.attempt());
        Attempt attempt = new Attempt(message, limits.attempt());
        return attempt.run(response -> read(request, response, FOREIGN_BYTES_MAX));
    }

    private AzureAnswer exchange(HttpRequest request, AzureCall call) throws IOException {
        HttpUriRequestBase message =
                message(request, call.body(), call.asksBeforeItsBody(), call.silence());
        call.begins(message);
        AtomicBoolean answered = new AtomicBoolean();
        long startNs = System.nanoTime();
        try {
            return new Attempt(message, call.attempt())
                    .run(response -> {
                        answered.set(true);
                        requests.answered(
                                call.operation(), response.getCode(), System.nanoTime() - startNs);
                        return read(request, response, call.answerBytesMax());
                    });
        } finally {
            if (!answered.get()) {
                requests.answered(call.operation(), 0, System.nanoTime() - startNs);
            }
        }
    }

    private HttpUriRequestBase message(
            HttpRequest request, AzureBody body, boolean asksBeforeBody, Duration silence)
            throws IOException {
        HttpUriRequestBase message =
                new HttpUriRequestBase(request.getHttpMethod().toString(), uri(request));
        for (HttpHeader header : request.getHeaders()) {
            // The client writes its own.
            boolean own =
                    header.getName().equalsIgnoreCase("Content-Length")
                            || header.getName().equalsIgnoreCase("Host");
            if (!own) {
                header.getValuesList().forEach(value -> message.addHeader(header.getName(), value));
            }
        }
        if (body.bytes() > 0) {
            message.setEntity(new BodyEntity(body));
        }
        message.setConfig(
                RequestConfig.custom()
                        .setConnectionRequestTimeout(Timeout.of(limits.attempt()))
                        .setResponseTimeout(Timeout.of(silence))
                        .setExpectContinueEnabled(asksBeforeBody)
                        .build());
        return message;
    }

    private static URI uri(HttpRequest request) throws IOException {
        try {
            return request.getUrl().toURI();
        } catch (URISyntaxException e) {
            throw new IOException("bad URL of a request: reason=" + e.getReason(), e);
        }
    }

    /// One exchange with its deadline, which begins when there is a connection for it, or a little
    /// before.
    private final class Attempt {
        private final HttpUriRequestBase message;
        private final Duration time;
        private volatile boolean late;

        Attempt(HttpUriRequestBase message, Duration time) {
            this.message = message;
            this.time = time;
        }

        AzureAnswer run(Answer answer) throws IOException {
            Future<?> deadline =
                    deadlines.schedule(
                            this::end, time.plus(limits.attempt()).toNanos(), TimeUnit.NANOSECONDS);
            try {
                return client.execute(
                        message,
                        response -> {
                            AzureAnswer whole = answer.read(response);
                            if (late) {
                                throw new IOException("its connection was closed");
                            }
                            return whole;
                        });
            } catch (IOException e) {
                if (late) {
                    SocketTimeoutException timedOut =
                            new SocketTimeoutException(
                                    "no whole answer: seconds=" + time.toSeconds());
                    timedOut.initCause(e);
                    throw timedOut;
                }
                throw e;
            } finally {
                deadline.cancel(false);
            }
        }

        private void end() {
            late = true;
            var _ = message.cancel();
        }
    }

    @FunctionalInterface
    private interface Answer {
        AzureAnswer read(ClassicHttpResponse response) throws IOException;
    }

    private static AzureAnswer read(HttpRequest request, ClassicHttpResponse response, int bytesMax)
            throws IOException {
        HttpHeaders headers = new HttpHeaders();
        for (Header header : response.getHeaders()) {
            headers.add(HttpHeaderName.fromString(header.getName()), header.getValue());
        }
        int status = response.getCode();
        HttpEntity entity = response.getEntity();
        if (entity == null) {
            return new AzureAnswer(request, status, headers, new byte[0]);
        }
        byte[] body =
                status < 300
                        ? whole(entity, bytesMax)
                        : entity.getContent().readNBytes(ERROR_BYTES_MAX);
        return new AzureAnswer(request, status, headers, body);
    }

    private static byte[] whole(HttpEntity entity, int bytesMax) throws IOException {
        long declared = entity.getContentLength();
        if (declared > bytesMax) {
            throw tooLarge(declared, bytesMax);
        }
        InputStream in = entity.getContent();
        if (declared < 0) {
            byte[] body = in.readNBytes(bytesMax);
            if (body.length == bytesMax && in.read() >= 0) {
                throw tooLarge(bytesMax + 1L, bytesMax);
            }
            return body;
        }
        byte[] body = new byte[(int) declared];
        int read = in.readNBytes(body, 0, body.length);
        if (read < body.length) {
            throw new EOFException("answer ends early: bytes=" + read + ", of=" + declared);
        }
        return body;
    }

    private static IOException tooLarge(long bytes, int bytesMax) {
        return new ObjectStoreException.Denied(
                "answer is larger than what was asked for: bytes="
                        + bytes
                        + " or more, limit="
                        + bytesMax,
                null);
    }

    /// Idempotent; ends running requests.
    @Override
    public void close() {
        client.close(CloseMode.IMMEDIATE);
        deadlines.shutdownNow();
    }
}
