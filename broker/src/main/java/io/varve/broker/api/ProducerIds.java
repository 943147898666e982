// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import java.util.concurrent.CompletableFuture;

/// Gives out producer ids, each once in the cluster's life. Thread-safe; does not block.
@FunctionalInterface
public interface ProducerIds {
    /// A producer id that nobody had before. Fails with Kafka's exception when none can be had now.
    CompletableFuture<Long> next();
}
