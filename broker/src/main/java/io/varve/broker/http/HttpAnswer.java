// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/// A whole answer. Immutable; the body is not copied.
public record HttpAnswer(int status, String contentType, byte[] body) {
    private static final ObjectMapper JSON = new ObjectMapper();

    public static HttpAnswer text(int status, String contentType, String body) {
        return new HttpAnswer(status, contentType, body.getBytes(StandardCharsets.UTF_8));
    }

    /// Maps, lists, records and plain values as JSON.
    public static HttpAnswer json(int status, Object value) {
        try {
            return new HttpAnswer(status, "application/json", JSON.writeValueAsBytes(value));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("answer is no JSON: type=" + value.getClass(), e);
        }
    }

    /// An error as every endpoint tells it: what is wrong, and what to do.
    public static HttpAnswer error(int status, String message, String remedy) {
        return json(status, Map.of("error", Map.of("message", message, "remedy", remedy)));
    }
}
