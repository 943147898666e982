// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.shell;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/// The broker's JSON over HTTP. Thread-safe.
public final class BrokerHttp {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration ANSWER_TIMEOUT = Duration.ofMinutes(10);
    private static final int OK = 200;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String address;
    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(CONNECT_TIMEOUT).build();

    public BrokerHttp(String address) {
        this.address = address;
    }

    public JsonNode get(String path) throws CommandFailure {
        return send(HttpRequest.newBuilder(uri(path)).timeout(ANSWER_TIMEOUT).GET().build());
    }

    public JsonNode post(String path) throws CommandFailure {
        return send(
                HttpRequest.newBuilder(uri(path))
                        .timeout(ANSWER_TIMEOUT)
                        .POST(HttpRequest.BodyPublishers.noBody())
                        .build());
    }

    /// As [#post], with a JSON body.
    public JsonNode post(String path, byte[] json) throws CommandFailure {
        return send(
                HttpRequest.newBuilder(uri(path))
                        .timeout(ANSWER_TIMEOUT)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(json))
                        .build());
    }

    /// As [#get], as a value.
    public <T> T get(String path, Class<T> type) throws CommandFailure {
        return JSON.convertValue(get(path), type);
    }

    /// As [#post], as a value.
    public <T> T post(String path, Class<T> type) throws CommandFailure {
        return JSON.convertValue(post(path), type);
    }

    private URI uri(String path) {
        return URI.create("http://" + address + path);
    }

    private JsonNode send(HttpRequest request) throws CommandFailure {
        try {
            HttpResponse<byte[]> response =
                    client.send(request, HttpResponse.BodyHandlers.ofByteArray());
            JsonNode body = JSON.readTree(response.body());
            if (response.statusCode() != OK) {
                throw new CommandFailure(failure(request, response.statusCode(), body));
            }
            return body;
        } catch (IOException e) {
            throw new CommandFailure(
                    "broker's HTTP does not answer: "
                            + request.uri()
                            + ": "
                            + e
                            + "; is the broker running?",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted: " + request.uri(), e);
        }
    }

    private static String failure(HttpRequest request, int status, JsonNode body) {
        String message = body.path("error").path("message").asText("status " + status);
        String remedy = body.path("error").path("remedy").asText("");
        return message + ": " + request.uri() + (remedy.isEmpty() ? "" : "; " + remedy);
    }
}
