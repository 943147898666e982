// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import com.google.api.client.http.HttpRequestInitializer;
import com.google.api.client.json.gson.GsonFactory;
import com.google.api.services.storage.Storage;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.StoreAccess;
import io.varve.objectstore.StoreOperation;
import io.varve.objectstore.http.StoreHttp;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.core5.io.CloseMode;
import org.jspecify.annotations.Nullable;

/// The SDK's client with everything that it holds: connections, and the one thread that watches its
/// deadlines. Thread-safe.
final class GcsConnection implements AutoCloseable {
    private final GcsAddress address;
    private final StoreAccess access;
    private final CloseableHttpClient client;
    private final HttpRequestInitializer credentials;
    private final ScheduledThreadPoolExecutor deadlines;
    private final GcsRetries retries;
    private final GcsErrors errors;
    private volatile boolean closed;

    private GcsConnection(
            GcsAddress address,
            StoreAccess access,
            CloseableHttpClient client,
            HttpRequestInitializer credentials,
            ScheduledThreadPoolExecutor deadlines) {
        this.address = address;
        this.access = access;
        this.client = client;
        this.credentials = credentials;
        this.deadlines = deadlines;
        this.retries = new GcsRetries(access.limits(), access.stamps());
        this.errors = new GcsErrors(address);
    }

    /// Sends nothing yet.
    ///
    /// @param credentials put them on each request
    /// @throws io.varve.objectstore.BucketUrlException the file of certificates cannot be used
    static GcsConnection to(
            GcsAddress address, HttpRequestInitializer credentials, StoreAccess access) {
        return new GcsConnection(
                address,
                access,
                StoreHttp.client(access),
                credentials,
                StoreHttp.deadlines("gcs-deadlines-" + address.bucket()));
    }

    /// What is sent in one attempt, and what is made of the answer.
    @FunctionalInterface
    interface Exchange<T> {
        /// @throws GcsRefusal the store answered otherwise
        /// @throws ObjectStoreException not to be tried again
        T send(GcsRequests requests) throws IOException;
    }

    /// Makes a call, with as many attempts as it takes.
    ///
    /// @param key of the object, or null for a request about many or about the bucket
    /// @param bytes of the body that is sent or received, at most
    <T> T call(StoreOperation operation, @Nullable String key, long bytes, Exchange<T> exchange)
            throws ObjectStoreException {
        Duration time = access.limits().callOf(bytes);
        long startNs = System.nanoTime();
        return retries.call(
                () -> {
                    Duration left = time.minusNanos(System.nanoTime() - startNs);
                    Duration most = access.limits().attemptOf(bytes);
                    Duration now = left.compareTo(most) < 0 ? left : most;
                    return attempt(operation, key, now, exchange);
                },
                time);
    }

    private <T> T attempt(
            StoreOperation operation, @Nullable String key, Duration time, Exchange<T> exchange)
            throws GcsFailure {
        if (Thread.currentThread().isInterrupted()) {
            // Nothing would stop a request that is answered without a wait.
            throw errors.interrupted(operation, key, null);
        }
        Attempt attempt;
        try {
            attempt = new Attempt(operation, access.requests(), deadlines, time);
        } catch (RejectedExecutionException e) {
            throw errors.closed(operation, key, e);
        }
        try (attempt) {
            return exchange.send(new GcsRequests(service(attempt), attempt));
        } catch (IOException e) {
            // Of an answer that was not read to its end; one that was has none any more.
            attempt.abandon();
            if (Thread.currentThread().isInterrupted()) {
                throw errors.interrupted(operation, key, e);
            }
            throw closed
                    ? errors.closed(operation, key, e)
                    : errors.translate(operation, key, e, attempt.isLate() ? time : null);
        } catch (IllegalStateException e) {
            if (closed) {
                throw errors.closed(operation, key, e);
            }
            throw e;
        }
    }

    private Storage service(Attempt attempt) {
        return new Storage.Builder(
                        new AttemptTransport(client, attempt),
                        GsonFactory.getDefaultInstance(),
                        request -> {
                            request.setFollowRedirects(false);
                            // One more, with a fresh token, where the store says that ours is old.
                            request.setNumberOfRetries(1);
                            credentials.initialize(request);
                        })
                .setRootUrl(address.root())
                .setApplicationName("varve")
                .build();
    }

    /// Idempotent; ends running requests.
    @Override
    public void close() {
        closed = true;
        deadlines.shutdownNow();
        client.close(CloseMode.IMMEDIATE);
    }
}
