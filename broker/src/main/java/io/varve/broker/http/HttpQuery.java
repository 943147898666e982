// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.http;

import java.util.List;
import java.util.Map;

/// A request as a route sees it. Immutable.
///
/// @param variables what the route's `{...}` parts matched, in order
/// @param parameters the query's parameters, decoded; the last of a repeated one
/// @param body what was sent with it; not copied
public record HttpQuery(List<String> variables, Map<String, String> parameters, byte[] body) {
    public HttpQuery {
        variables = List.copyOf(variables);
        parameters = Map.copyOf(parameters);
    }

    /// Without a body.
    public HttpQuery(List<String> variables, Map<String, String> parameters) {
        this(variables, parameters, new byte[0]);
    }

    /// A parameter that says yes or no; absent is no.
    public boolean flag(String name) {
        return Boolean.parseBoolean(parameters.getOrDefault(name, "false"));
    }
}
