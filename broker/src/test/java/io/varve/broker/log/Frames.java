// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import io.varve.manifest.PartitionId;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.batch.Batches;
import io.varve.manifest.state.BatchFacts;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/// Frames with real record batches, for tests. Offsets of a partition follow one another.
final class Frames {
    private final RandomGenerator random;
    private final Map<PartitionId, Long> ends = new HashMap<>();

    Frames(RandomGenerator random) {
        this.random = random;
    }

    /// A frame as it is appended.
    record Frame(FrameTable table, ByteBuffer body) {
        ByteBuffer tableBytes() {
            return table.encode();
        }
    }

    static PartitionId partition(int number) {
        return new PartitionId(new Uuid(7, number / 4), number % 4);
    }

    /// What the next frame of the partition starts at.
    long end(PartitionId id) {
        return ends.getOrDefault(id, 0L);
    }

    void end(PartitionId id, long end) {
        ends.put(id, end);
    }

    /// One batch of `bytes` random bytes for each partition; timestamps are `timeMs`.
    Frame of(long term, long timeMs, int bytes, PartitionId... ids) {
        List<Slice> slices = new ArrayList<>();
        List<ByteBuffer> parts = new ArrayList<>();
        int position = 0;
        for (PartitionId id : ids) {
            byte[] value = new byte[bytes];
            random.nextBytes(value);
            MemoryRecords records =
                    MemoryRecords.withRecords(
                            end(id),
                            Compression.NONE,
                            new SimpleRecord(timeMs, value),
                            new SimpleRecord(timeMs, new byte[0]));
            ByteBuffer batch = records.buffer();
            List<BatchFacts> facts = new ArrayList<>();
            for (BatchHeader header : Batches.in(batch)) {
                facts.add(header.facts());
            }
            slices.add(new DataSlice(id, 1, position, batch.remaining(), facts));
            ends.put(id, facts.getLast().endOffset());
            position += batch.remaining();
            parts.add(batch);
        }
        ByteBuffer body = ByteBuffer.allocate(position);
        parts.forEach(body::put);
        return new Frame(new FrameTable(term, timeMs, slices), body.flip().asReadOnlyBuffer());
    }

    /// A frame that only carries a command.
    static Frame barrier(long term, long tick) {
        return new Frame(
                new FrameTable(term, 0, List.of(new CommandSlice(new ShardCommand.Barrier(tick)))),
                ByteBuffer.allocate(0));
    }
}
