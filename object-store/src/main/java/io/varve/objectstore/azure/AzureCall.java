// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpMethod;
import com.azure.core.http.HttpRequest;
import com.azure.core.util.Context;
import io.varve.objectstore.StoreLimits;
import io.varve.objectstore.StoreOperation;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hc.core5.concurrent.Cancellable;
import org.jspecify.annotations.Nullable;

/// One call on its way through the SDK's pipeline, and what its attempts are bound by. The body is
/// not shown to the pipeline, which would keep all of it to be able to send it again. Thread-safe;
/// for one call.
final class AzureCall {
    /// Under which the pipeline hands it on.
    private static final String KEY = "varve-call";

    private static final HttpHeaderName VERSION = HttpHeaderName.fromString("x-ms-version");

    private final StoreOperation operation;
    private final HttpRequest request;
    private final AtomicInteger attempts = new AtomicInteger();
    private AzureBody body = AzureBody.NONE;
    private int answerBytesMax = 1 << 20;
    private Duration attempt;
    private Duration silence;
    private Duration total;
    private boolean asksBeforeBody;
    private volatile boolean cancelled;
    private volatile @Nullable Cancellable current;

    AzureCall(StoreOperation operation, HttpMethod method, String url, StoreLimits limits) {
        this.operation = operation;
        this.request = new HttpRequest(method, url);
        this.attempt = limits.attempt();
        this.silence = limits.attempt();
        this.total = limits.call();
        request.setHeader(VERSION, AzureConnection.SERVICE_VERSION);
        // What signs requests takes a missing one for the word null.
        request.setHeader(HttpHeaderName.CONTENT_LENGTH, "0");
    }

    AzureCall header(String name, String value) {
        request.setHeader(HttpHeaderName.fromString(name), value);
        return this;
    }

    /// Sends a body; the server may think about it for as long as it may take to send.
    AzureCall body(AzureBody given, Duration forOneAttempt, Duration forAll) {
        body = given;
        attempt = forOneAttempt;
        silence = forOneAttempt;
        total = forAll;
        request.setHeader(HttpHeaderName.CONTENT_LENGTH, Long.toString(given.bytes()));
        return this;
    }

    /// Expects an answer of at most so many bytes.
    AzureCall answer(int bytesMax, Duration forOneAttempt, Duration forAll) {
        answerBytesMax = bytesMax;
        attempt = forOneAttempt;
        total = forAll;
        return this;
    }

    /// Sends the body only when the server has not refused the rest of the request.
    AzureCall askingBeforeBody() {
        asksBeforeBody = true;
        return this;
    }

    /// This call's, where the request is one of ours and not the SDK's for a token.
    static @Nullable AzureCall of(Context context) {
        return context.getData(KEY).map(AzureCall.class::cast).orElse(null);
    }

    Context context() {
        return new Context(KEY, this);
    }

    HttpRequest request() {
        return request;
    }

    StoreOperation operation() {
        return operation;
    }

    AzureBody body() {
        return body;
    }

    boolean asksBeforeItsBody() {
        return asksBeforeBody;
    }

    int answerBytesMax() {
        return answerBytesMax;
    }

    /// One attempt, body and answer with it.
    Duration attempt() {
        return attempt;
    }

    /// The longest wait for the next bytes of an answer.
    Duration silence() {
        return silence;
    }

    /// All attempts and the waits between them.
    Duration total() {
        return total;
    }

    /// How many attempts have begun.
    int attempts() {
        return attempts.get();
    }

    /// An attempt begins.
    ///
    /// @param sent what ends it from outside
    void begins(Cancellable sent) {
        attempts.incrementAndGet();
        current = sent;
        if (cancelled) {
            var _ = sent.cancel();
        }
    }

    /// Ends the attempt under way; none that begins later gets far.
    void cancel() {
        cancelled = true;
        Cancellable sent = current;
        if (sent != null) {
            var _ = sent.cancel();
        }
    }
}
