// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.network;

import org.apache.kafka.common.protocol.ApiKeys;

/// Hears how long each request took. Called on event loops: quick.
@FunctionalInterface
public interface RequestTimes {
    /// @param nanos from the last byte of the request to its response being handed to the socket;
    ///   the wait of a fetch for records is part of it
    void answered(ApiKeys api, long nanos);
}
