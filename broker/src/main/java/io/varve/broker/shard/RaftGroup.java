// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.raft.RaftPeerName;
import io.varve.broker.raft.RaftRole;
import io.varve.broker.raft.SubmitOutcome;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/// What the writer needs of its Raft group.
interface RaftGroup {
    /// @see io.varve.broker.raft.RaftGroupHandle#submit
    SubmitOutcome submit(ByteBuffer table, ByteBuffer body);

    RaftRole role();

    void stepDown();

    /// @see io.varve.broker.raft.RaftGroupHandle#transferTo
    CompletableFuture<Void> transferTo(RaftPeerName next, Duration limit);
}
