// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import org.apache.kafka.common.requests.ApiError;

/// Producer ids `[first, end)` that belong to one broker for good, or why there are none.
public record ProducerIdBlock(long first, long end, ApiError error) {
    public static ProducerIdBlock failed(ApiError error) {
        return new ProducerIdBlock(0, 0, error);
    }
}
