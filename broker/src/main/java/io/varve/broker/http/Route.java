// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.http;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// One endpoint: a method, a path such as `/api/v1/topics/{name}/storage`, and who answers it.
public record Route(String method, String path, Endpoint endpoint) {
    /// Answers a request; may block, runs on a virtual thread.
    @FunctionalInterface
    public interface Endpoint {
        HttpAnswer answer(HttpQuery query) throws Exception;
    }

    public static Route get(String path, Endpoint endpoint) {
        return new Route("GET", path, endpoint);
    }

    public static Route post(String path, Endpoint endpoint) {
        return new Route("POST", path, endpoint);
    }

    /// The path's variables, decoded, when a raw request path matches.
    Optional<List<String>> match(String rawPath) {
        String[] wanted = path.split("/", -1);
        String[] found = rawPath.split("/", -1);
        if (wanted.length != found.length) {
            return Optional.empty();
        }
        List<String> variables = new ArrayList<>();
        for (int i = 0; i < wanted.length; i++) {
            if (wanted[i].startsWith("{")) {
                variables.add(URLDecoder.decode(found[i], StandardCharsets.UTF_8));
            } else if (!wanted[i].equals(found[i])) {
                return Optional.empty();
            }
        }
        return Optional.of(variables);
    }
}
