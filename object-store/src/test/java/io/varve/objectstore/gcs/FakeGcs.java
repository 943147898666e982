// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.varve.objectstore.BucketSettings;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.RequestListener;
import io.varve.objectstore.ScriptedServer;
import io.varve.objectstore.StoreAccess;
import io.varve.objectstore.StoreLimits;
import io.varve.objectstore.TestServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// A fake-gcs-server for one test class: makes buckets and opens them. Thread-safe.
final class FakeGcs implements BeforeAllCallback, AfterAllCallback, TestServer {
    private static final AtomicInteger BUCKETS = new AtomicInteger();

    private final ScriptedServer server = new ScriptedServer("fake-gcs");

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        server.beforeAll(context);
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        server.afterAll(context);
    }

    @Override
    public URI endpoint() {
        return server.endpoint();
    }

    @Override
    public String newBucket() throws IOException {
        String bucket = "bucket-" + ProcessHandle.current().pid() + "-" + BUCKETS.incrementAndGet();
        HttpURLConnection request = request("/storage/v1/b?project=test");
        request.setDoOutput(true);
        request.setRequestProperty("Content-Type", "application/json");
        try (OutputStream out = request.getOutputStream()) {
            out.write(("{\"name\": \"" + bucket + "\"}").getBytes(UTF_8));
        }
        if (request.getResponseCode() != 200) {
            throw new IOException("no bucket made: status=" + request.getResponseCode());
        }
        return bucket;
    }

    void removeBucket(String bucket) throws IOException {
        HttpURLConnection request = request("/storage/v1/b/" + bucket);
        request.setRequestMethod("DELETE");
        if (request.getResponseCode() / 100 != 2) {
            throw new IOException("no bucket removed: status=" + request.getResponseCode());
        }
    }

    private HttpURLConnection request(String path) throws IOException {
        return (HttpURLConnection) endpoint().resolve(path).toURL().openConnection();
    }

    static GcsAddress address(String bucket, URI through) {
        return GcsAddress.parse("//" + bucket + "?endpoint=" + through);
    }

    static StoreAccess access(StoreLimits limits, RequestListener requests) {
        return new StoreAccess(BucketSettings.NONE, limits, requests, new SecureRandom());
    }

    @Override
    public GcsObjectStore open(String bucket, URI through, StoreLimits limits)
            throws ObjectStoreException {
        return GcsObjectStore.open(address(bucket, through), access(limits, RequestListener.NONE));
    }
}
