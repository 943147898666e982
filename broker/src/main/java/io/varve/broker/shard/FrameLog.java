// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.log.FrameTable;
import io.varve.manifest.PartitionId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalLong;

/// What a shard needs of the log on its disk.
interface FrameLog extends PartitionReplica.LocalData, AutoCloseable {
    /// Writes a frame behind the last one. Log thread.
    ///
    /// @param served whether consumers and followers come here for it
    void append(long term, long index, ByteBuffer table, ByteBuffer body, boolean served)
            throws IOException;

    /// Makes everything durable that was appended. Log thread.
    void flush() throws IOException;

    /// The body of a frame that is held here, checked. Any thread.
    ByteBuffer readBody(long term, long index) throws IOException;

    /// The frame at this position counts, with those of its slices that are kept: makes its rows.
    /// Apply thread.
    ///
    /// @throws IOException record batches that count are not on the disk
    void committed(long term, long index, FrameTable table, FrameTable kept) throws IOException;

    /// An entry that is no frame was applied. Apply thread.
    void committedOther(long term, long index) throws IOException;

    /// The partition left the shard. Apply thread.
    void closed(PartitionId id);

    /// Lowest Raft index of all frames on the disk.
    OptionalLong firstIndex();

    /// Lowest Raft index of the files whose rows are not known from an index file; empty when there
    /// is none.
    OptionalLong firstIndexWithoutRows();

    /// The table of a frame that is held here whole, or empty.
    Optional<FrameTable> table(long term, long index) throws IOException;

    @Override
    void close() throws IOException;
}
