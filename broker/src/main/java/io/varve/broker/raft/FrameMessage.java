// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.raft;

import org.apache.ratis.protocol.Message;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.jspecify.annotations.Nullable;

/// A frame on its way into the leader's log. Learns its position inside Ratis's append, in the
/// submitting thread, so it is known when `submit` returns. Owner: the submitting thread.
final class FrameMessage implements Message {
    private final ByteString table;
    private final ByteString body;
    private @Nullable LogPosition position;

    FrameMessage(ByteString table, ByteString body) {
        this.table = table;
        this.body = body;
    }

    ByteString table() {
        return table;
    }

    ByteString body() {
        return body;
    }

    void logged(long term, long index) {
        position = new LogPosition(term, index);
    }

    @Nullable LogPosition position() {
        return position;
    }

    /// What Ratis counts against its limit of pending bytes.
    @Override
    public ByteString getContent() {
        return body;
    }
}
