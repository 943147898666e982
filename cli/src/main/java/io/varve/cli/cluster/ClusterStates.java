// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.cluster;

import io.varve.broker.http.AdminView.ClusterState;
import io.varve.cli.shell.ClusterAccess;
import io.varve.cli.shell.CommandFailure;

/// The cluster as one of its brokers knows it. Stateless.
final class ClusterStates {
    private ClusterStates() {}

    static ClusterState of(ClusterAccess cluster) throws CommandFailure {
        return cluster.brokers().getFirst().get("/api/v1/cluster/state", ClusterState.class);
    }
}
