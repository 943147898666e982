// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import com.google.api.client.googleapis.services.AbstractGoogleClientRequest;
import com.google.api.client.http.HttpHeaders;
import com.google.api.client.http.HttpRequest;
import com.google.api.client.http.HttpResponse;
import com.google.api.client.json.gson.GsonFactory;
import com.google.api.services.storage.Storage;
import io.varve.objectstore.ObjectStoreException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Sends the requests of one attempt and reads their answers. The SDK would read an answer while it
/// parses it: then a broken connection and a server that is no Google look alike. Owner: one
/// attempt.
final class GcsRequests {
    /// Most of an answer's JSON. A page of 1,000 objects has about 1 MiB where a server sends all
    /// it knows of each.
    private static final int JSON_BYTES_MAX = 32 << 20;

    /// Most of an answer that is an error.
    private static final int ERROR_BYTES_MAX = 64 << 10;

    private final Storage service;
    private final Attempt attempt;

    GcsRequests(Storage service, Attempt attempt) {
        this.service = service;
        this.attempt = attempt;
    }

    /// Builds requests; they are sent here.
    Storage service() {
        return service;
    }

    /// A request without a body, as the SDK describes it. The SDK itself would send one with a long
    /// address as a POST that says of itself that it is a GET, and only Google believes that.
    HttpRequest request(AbstractGoogleClientRequest<?> described) throws IOException {
        HttpRequest request =
                service.getRequestFactory()
                        .buildRequest(
                                described.getRequestMethod(),
                                described.buildHttpRequestUrl(),
                                null);
        request.getHeaders().putAll(described.getRequestHeaders());
        return request;
    }

    /// A success.
    record Answer<T>(T content, HttpHeaders headers) {}

    /// Sends a request whose answer is JSON.
    ///
    /// @throws GcsRefusal the answer is no success
    /// @throws ObjectStoreException.Denied the answer is not the service's
    <T> Answer<T> json(HttpRequest request, Class<T> type) throws IOException {
        HttpResponse response = open(request);
        byte[] body = read(response, JSON_BYTES_MAX);
        if (body.length == JSON_BYTES_MAX) {
            throw notGoogle(null);
        }
        return new Answer<>(parse(body, type), response.getHeaders());
    }

    private static <T> T parse(byte[] body, Class<T> type) throws ObjectStoreException {
        try {
            @Nullable T content =
                    GsonFactory.getDefaultInstance()
                            .createJsonObjectParser()
                            .parseAndClose(
                                    new ByteArrayInputStream(body), StandardCharsets.UTF_8, type);
            if (content != null) {
                return content;
            }
            throw notGoogle(null);
        } catch (ObjectStoreException e) {
            throw e;
        } catch (IOException | IllegalArgumentException e) {
            throw notGoogle(e);
        }
    }

    private static ObjectStoreException notGoogle(@Nullable Exception cause) {
        return new ObjectStoreException.Denied(
                "the answer is not that of Google Cloud Storage: is the endpoint right?", cause);
    }

    /// Sends a request whose answer is an object's bytes.
    ///
    /// @return a success, to be read
    /// @throws GcsRefusal otherwise
    HttpResponse open(HttpRequest request) throws IOException {
        HttpResponse response = request.setThrowExceptionOnExecuteError(false).execute();
        if (!response.isSuccessStatusCode()) {
            throw GcsRefusal.of(response.getStatusCode(), read(response, ERROR_BYTES_MAX));
        }
        return response;
    }

    /// Leaves an answer half read: ends its connection.
    void abandon() {
        attempt.abandon();
    }

    /// The beginning of an answer; all of it where it is shorter than `bytesMax`.
    private byte[] read(HttpResponse response, int bytesMax) throws IOException {
        @Nullable InputStream content = response.getContent();
        if (content == null) {
            return new byte[0];
        }
        byte[] body = content.readNBytes(bytesMax);
        if (body.length == bytesMax) {
            abandon();
        } else {
            content.close();
        }
        return body;
    }
}
