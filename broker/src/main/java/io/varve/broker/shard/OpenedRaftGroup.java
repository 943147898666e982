// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.raft.RaftGroupHandle;
import io.varve.broker.raft.RaftPeerName;
import io.varve.broker.raft.RaftRole;
import io.varve.broker.raft.SubmitOutcome;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// A shard's Raft group, which opens later than the shard does: until then nobody leads it. Any
/// thread.
final class OpenedRaftGroup implements RaftReplica {
    private volatile @Nullable RaftGroupHandle handle;

    void open(RaftGroupHandle opened) {
        handle = opened;
    }

    Optional<RaftGroupHandle> handle() {
        return Optional.ofNullable(handle);
    }

    @Override
    public SubmitOutcome submit(ByteBuffer table, ByteBuffer body) {
        RaftGroupHandle current = handle;
        return current == null
                ? new SubmitOutcome.Refused("group is not open yet")
                : current.submit(table, body);
    }

    @Override
    public RaftRole role() {
        RaftGroupHandle current = handle;
        return current == null ? new RaftRole(0, false, false, Optional.empty()) : current.role();
    }

    @Override
    public void stepDown() {
        handle().ifPresent(RaftGroupHandle::stepDown);
    }

    @Override
    public CompletableFuture<Void> transferTo(RaftPeerName next, Duration limit) {
        RaftGroupHandle current = handle;
        return current == null
                ? CompletableFuture.failedFuture(new IllegalStateException("group is not open yet"))
                : current.transferTo(next, limit);
    }

    @Override
    public boolean heardMajorityWithin(Duration limit) {
        return handle().filter(opened -> opened.heardMajorityWithin(limit)).isPresent();
    }

    @Override
    public void purge(long lastIndex) {
        var ignored = handle().map(opened -> opened.purge(lastIndex));
    }

    @Override
    public void closeSegment() {
        handle().ifPresent(RaftGroupHandle::closeSegment);
    }

    @Override
    public OptionalLong logStart() {
        return handle().map(opened -> OptionalLong.of(opened.logStartIndex()))
                .orElse(OptionalLong.empty());
    }

    @Override
    public OptionalLong termAt(long index) {
        return handle().map(opened -> opened.termAt(index)).orElse(OptionalLong.empty());
    }
}
