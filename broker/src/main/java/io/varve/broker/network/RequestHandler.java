// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.network;

import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.requests.AbstractResponse;
import org.jspecify.annotations.Nullable;

/// What answers requests. Called on the connection's event loop, in the order of the requests on
/// that connection, so it must not block; the answer may come from any thread, in any order.
///
/// The stage gives the response, or null when the protocol has none (Produce with acks=0). When it
/// fails, the client gets the request's own error response; the connection is closed if there is
/// none.
@FunctionalInterface
public interface RequestHandler {
    CompletionStage<@Nullable AbstractResponse> handle(Request request);
}
