// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import com.azure.core.http.HttpClient;
import com.azure.core.http.HttpHeaders;
import com.azure.core.http.HttpPipeline;
import com.azure.core.http.HttpPipelineBuilder;
import com.azure.core.http.HttpRequest;
import com.azure.core.http.HttpResponse;
import com.azure.core.http.policy.AddDatePolicy;
import com.azure.core.http.policy.HttpPipelinePolicy;
import com.azure.core.http.policy.RetryPolicy;
import com.azure.core.util.Context;
import com.azure.storage.blob.BlobServiceVersion;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.StoreAccess;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// The SDK's pipeline (retries, then for each attempt date, signature and network) with everything
/// that it holds. A call runs on a virtual thread of its own, so that it ends with its deadline, or
/// when its caller is interrupted, whatever the network does. Thread-safe.
final class AzureConnection implements AutoCloseable {
    /// Of the service's protocol; what this SDK was made for.
    static final String SERVICE_VERSION = BlobServiceVersion.getLatest().getVersion();

    /// The service knows `Retry-After` only, which [AzureRetries] bounds; without a name of its own
    /// here, the SDK would wait for as long as that header says.
    private static final String RETRY_AFTER = "x-ms-retry-after-ms";

    private final AzureHttp http;
    private final HttpPipeline pipeline;
    private final HttpPipeline signer;
    private final AzureErrors errors;
    private volatile boolean signed;
    private volatile boolean closed;

    private AzureConnection(
            AzureHttp http, HttpPipeline pipeline, HttpPipeline signer, AzureErrors errors) {
        this.http = http;
        this.pipeline = pipeline;
        this.signer = signer;
        this.errors = errors;
    }

    /// Sends nothing yet.
    ///
    /// @throws ObjectStoreException.Denied the credentials cannot be used at all
    static AzureConnection to(AzureAddress address, StoreAccess access)
            throws ObjectStoreException.Denied {
        AzureCredentials credentials = AzureCredentials.of(access.settings());
        AzureHttp http = AzureHttp.open(address.container(), access);
        try {
            HttpPipelinePolicy signature = credentials.policy(address, access.settings(), http);
            HttpPipeline pipeline =
                    new HttpPipelineBuilder()
                            .httpClient(http)
                            .policies(
                                    new RetryPolicy(
                                            new AzureRetries(access.limits(), access.stamps()),
                                            RETRY_AFTER,
                                            ChronoUnit.MILLIS),
                                    new AddDatePolicy(),
                                    signature)
                            .build();
            HttpPipeline signer =
                    new HttpPipelineBuilder()
                            .httpClient(new Unsent())
                            .policies(new AddDatePolicy(), signature)
                            .build();
            return new AzureConnection(
                    http, pipeline, signer, new AzureErrors(address, credentials));
        } catch (ObjectStoreException.Denied e) {
            http.close();
            throw e;
        }
    }

    AzureErrors errors() {
        return errors;
    }

    /// Makes a call.
    ///
    /// @param action what it is for, as `put`, for messages
    /// @param key null when it is not about one object
    /// @return the last attempt's answer, whatever its status
    /// @throws ObjectStoreException.Transient also when the calling thread is interrupted, which it
    ///   then stays
    AzureAnswer call(String action, @Nullable String key, AzureCall call)
            throws ObjectStoreException {
        if (closed) {
            throw errors.ended("connection is closed", action, key);
        }
        if (Thread.currentThread().isInterrupted()) {
            throw errors.ended("interrupted before it was sent", action, key);
        }
        FutureTask<AzureAnswer> sent = new FutureTask<>(() -> send(call));
        Thread.ofVirtual().name("azure-call").start(sent);
        try {
            AzureAnswer answer = sent.get(call.total().toNanos(), TimeUnit.NANOSECONDS);
            if (answer.isSuccess()) {
                signed = true;
            }
            return answer;
        } catch (InterruptedException e) {
            abandon(call, sent);
            Thread.currentThread().interrupt();
            throw errors.ended("interrupted", action, key);
        } catch (TimeoutException e) {
            abandon(call, sent);
            throw errors.ended(
                    "no answer from the store: seconds="
                            + call.total().toSeconds()
                            + ", attempts="
                            + call.attempts(),
                    action,
                    key);
        } catch (ExecutionException e) {
            throw failed(action, key, call, Objects.requireNonNullElse(e.getCause(), e));
        }
    }

    private AzureAnswer send(AzureCall call) {
        HttpResponse answer = pipeline.sendSync(call.request(), call.context());
        if (answer instanceof AzureAnswer whole) {
            return whole;
        }
        throw new IllegalStateException("a policy of the SDK changed the answer's type");
    }

    private static void abandon(AzureCall call, FutureTask<AzureAnswer> sent) {
        var _ = sent.cancel(true);
        call.cancel();
    }

    private ObjectStoreException failed(
            String action, @Nullable String key, AzureCall call, Throwable failure) {
        if (closed) {
            return errors.ended("connection is closed", action, key);
        }
        if (failure instanceof Error error) {
            throw error;
        }
        if (failure instanceof RuntimeException bug && !AzureErrors.isOfTheWorld(bug)) {
            throw bug;
        }
        return errors.failed(action, key, failure, call.attempts(), signed);
    }

    /// Signs a request that travels inside another one: its headers and its URL are then complete.
    void sign(HttpRequest request) {
        var _ = signer.sendSync(request, Context.NONE);
    }

    /// What a request that is only signed ends at.
    private static final class Unsent implements HttpClient {
        @Override
        public Mono<HttpResponse> send(HttpRequest request) {
            return Mono.just(answer(request));
        }

        @Override
        public HttpResponse sendSync(HttpRequest request, Context context) {
            return answer(request);
        }

        private static AzureAnswer answer(HttpRequest request) {
            return new AzureAnswer(request, 202, new HttpHeaders(), new byte[0]);
        }
    }

    /// Idempotent; ends running requests.
    @Override
    public void close() {
        closed = true;
        http.close();
    }
}
