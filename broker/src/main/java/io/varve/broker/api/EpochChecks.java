// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import org.apache.kafka.common.protocol.Errors;

/// Compares the leader epoch that a client knows with the current one (KIP-320). Stateless.
final class EpochChecks {
    /// What clients send that know of no epoch.
    private static final int NOT_KNOWN = -1;

    private EpochChecks() {}

    static Errors check(int clientEpoch, int currentEpoch) {
        if (clientEpoch == NOT_KNOWN || clientEpoch == currentEpoch) {
            return Errors.NONE;
        }
        return clientEpoch < currentEpoch
                ? Errors.FENCED_LEADER_EPOCH
                : Errors.UNKNOWN_LEADER_EPOCH;
    }
}
