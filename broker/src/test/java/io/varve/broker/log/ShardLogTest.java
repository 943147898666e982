// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.PartitionId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShardLogTest {
    private static final PartitionId A = Frames.partition(0);
    private static final PartitionId B = Frames.partition(5);
    private static final int FILE_BYTES = 8_192;

    @TempDir private Path directory;
    private final AtomicLong nowNs = new AtomicLong(1);
    private final Random random = new Random(1);
    private final Frames frames = new Frames(random);
    private final ShardLogSettings settings =
            new ShardLogSettings(FILE_BYTES, 0, 2, 1_024, 100, false);

    private ShardLog open(ShardLogSettings with) throws IOException {
        return ShardLog.open(new LocalDisk(directory), with, nowNs::get, random, Runnable::run);
    }

    private Frames.Frame append(ShardLog log, long term, long index, PartitionId... ids)
            throws IOException {
        Frames.Frame frame = frames.of(term, index * 10, 500, ids);
        log.append(term, index, frame.tableBytes(), frame.body());
        return frame;
    }

    private Frames.Frame commit(ShardLog log, long term, long index, PartitionId... ids)
            throws IOException {
        Frames.Frame frame = append(log, term, index, ids);
        log.flush();
        assertThat(log.committed(term, index, frame.table())).isTrue();
        return frame;
    }

    @Test
    void findsFramesByTermAndIndexAgainAfterRestart() throws IOException {
        Frames.Frame first;
        Frames.Frame second;
        try (ShardLog log = open(settings)) {
            first = append(log, 1, 1, A);
            second = append(log, 1, 2, A, B);
            log.flush();

            assertThat(log.readBody(log.find(1, 2).orElseThrow())).isEqualTo(second.body());
        }

        try (ShardLog log = open(settings)) {
            assertThat(log.readBody(log.find(1, 1).orElseThrow())).isEqualTo(first.body());
            assertThat(log.readTable(log.find(1, 2).orElseThrow())).isEqualTo(second.table());
            assertThat(log.find(2, 1)).isEmpty();
            assertThat(log.find(1, 3)).isEmpty();
            assertThat(log.firstIndex()).hasValue(1);
            assertThat(log.damages()).isEmpty();
        }
    }

    @Test
    void findsRowsByOffsetInMemoryAndInIndexFiles() throws IOException {
        try (ShardLog log = open(settings)) {
            for (int index = 1; index <= 60; index++) {
                commit(log, 1, index, A, B);
            }
            assertThat(log.counters().directoriesWritten()).isGreaterThan(5);
            checkRows(log);
        }

        // Raft replays everything above the floor; here that is all of it.
        try (ShardLog log = open(settings)) {
            long before = log.hotEnd(A).orElseThrow();
            assertThat(before).isGreaterThan(80);
            assertThat(log.hotStart(A)).hasValue(0);
        }
    }

    private void checkRows(ShardLog log) throws IOException {
        long end = frames.end(A);
        assertThat(log.hotEnd(A)).hasValue(end);
        for (long offset = 0; offset < end; offset++) {
            HotRange row = log.row(A, offset).orElseThrow();
            assertThat(offset).isBetween(row.baseOffset(), row.endOffset() - 1);
            try (HotLease lease = log.lease(row).orElseThrow()) {
                assertThat(lease.bytes().getLong(0)).isEqualTo(row.baseOffset());
            }
        }
        assertThat(log.row(A, end)).isEmpty();
        List<HotRange> all = log.rowsFrom(A, 1, Long.MAX_VALUE);
        assertThat(all.getFirst().baseOffset()).isZero();
        assertThat(all.getLast().endOffset()).isEqualTo(end);
        assertThat(log.rowForTimestamp(A, 200).orElseThrow().maxTimestampMs()).isEqualTo(200);
        assertThat(log.localBytes(A)).isEqualTo(all.stream().mapToLong(HotRange::length).sum());
    }
}
