// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;

/// Takes requests of clients to the controller. Thread-safe; nothing blocks.
public interface RequestForwarding {
    /// Whether this broker is the controller: then nothing is forwarded.
    boolean isController();

    /// The controller's answer; an error of the request's own kind when there is none. Never fails.
    CompletableFuture<AbstractResponse> forward(AbstractRequest request);

    /// Who answers what other brokers forward to this one. Called once.
    void serve(Function<AbstractRequest, CompletionStage<? extends AbstractResponse>> answers);

    /// For a broker alone: it is the controller, or nobody is.
    static RequestForwarding none() {
        return new RequestForwarding() {
            @Override
            public boolean isController() {
                return true;
            }

            @Override
            public CompletableFuture<AbstractResponse> forward(AbstractRequest request) {
                throw new IllegalStateException("nobody to forward to");
            }

            @Override
            public void serve(
                    Function<AbstractRequest, CompletionStage<? extends AbstractResponse>>
                            answers) {}
        };
    }
}
