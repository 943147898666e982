// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import org.apache.kafka.common.requests.ApiError;

/// The controller's answer to a broker that registers or gives a sign of life. Immutable.
///
/// @param brokerEpoch of this life of the broker, or -1
/// @param fenced clients are not told of the broker (yet)
public record Registration(long brokerEpoch, boolean fenced, ApiError error) {
    public static Registration failed(ApiError error) {
        return new Registration(-1, true, error);
    }
}
