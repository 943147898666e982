// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

/// Who wrote a batch. Decides which checks apply, as Kafka's AppendOrigin does.
public enum Origin {
    /// A producer: everything is checked; exactly one batch per append; no control batches.
    CLIENT,
    /// A coordinator or the controller inside this broker: markers and several batches are allowed;
    /// sequences are not checked.
    COORDINATOR
}
