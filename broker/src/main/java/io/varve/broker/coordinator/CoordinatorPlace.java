// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.coordinator;

import org.apache.kafka.common.requests.ApiError;

/// Where a group's coordinator is. Immutable.
///
/// @param partition of `__consumer_offsets`, or -1 with an error
/// @param nodeId of the broker that leads it, or -1 with an error
/// @param error COORDINATOR_NOT_AVAILABLE while there is none: clients ask again
public record CoordinatorPlace(int partition, int nodeId, ApiError error) {
    static CoordinatorPlace at(int partition, int nodeId) {
        return new CoordinatorPlace(partition, nodeId, ApiError.NONE);
    }

    static CoordinatorPlace none(ApiError error) {
        return new CoordinatorPlace(-1, -1, error);
    }
}
