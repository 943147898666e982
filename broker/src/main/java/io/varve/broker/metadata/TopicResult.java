// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;

/// What became of one topic of a request. Immutable.
///
/// @param name empty when it was named by an id that nothing has
/// @param id [Uuid#ZERO_UUID] when there is none
/// @param partitions, replicationFactor what it has now (creation only), else -1
public record TopicResult(
        String name, Uuid id, ApiError error, int partitions, short replicationFactor) {
    static TopicResult failed(String name, Uuid id, Errors error, String message) {
        return new TopicResult(name, id, new ApiError(error, message), -1, (short) -1);
    }

    public static TopicResult failed(String name, ApiError error) {
        return new TopicResult(name, Uuid.ZERO_UUID, error, -1, (short) -1);
    }

    static TopicResult done(String name, Uuid id) {
        return new TopicResult(name, id, ApiError.NONE, -1, (short) -1);
    }

    boolean ok() {
        return error.isSuccess();
    }

    TopicResult withError(ApiError now) {
        return new TopicResult(name, id, now, partitions, replicationFactor);
    }
}
