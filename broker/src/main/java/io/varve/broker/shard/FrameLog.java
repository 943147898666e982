// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.log.FrameTable;
import java.io.IOException;
import java.nio.ByteBuffer;

/// What a shard needs of the log on its disk.
interface FrameLog extends PartitionReplica.LocalData, AutoCloseable {
    /// Writes a frame behind the last one. Log thread.
    void append(long term, long index, ByteBuffer table, ByteBuffer body) throws IOException;

    /// Makes everything durable that was appended. Log thread.
    void flush() throws IOException;

    /// The body of a frame that is held here, checked. Any thread.
    ByteBuffer readBody(long term, long index) throws IOException;

    /// The frame at this position counts, with these slices: makes its rows. Apply thread.
    void committed(long term, long index, FrameTable kept);

    @Override
    void close() throws IOException;
}
