// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.requests.ApiError;

/// Creates topics that clients only mentioned (`auto.create.topics.enable`). Thread-safe; does not
/// block.
public interface AutoTopics {
    boolean enabled();

    /// Creates topics with the broker's defaults; tells per name what came of it. Done when they
    /// can be written to.
    CompletableFuture<Map<String, ApiError>> create(Set<String> names);
}
