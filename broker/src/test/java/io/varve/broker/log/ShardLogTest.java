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
        log.append(term, index, frame.tableBytes(), frame.body(), true);
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

    @Test
    void aLaterTermAtTheSameIndexStandsBesideTheEarlierFrame() throws IOException {
        try (ShardLog log = open(settings)) {
            Frames.Frame dead = append(log, 1, 5, A);
            append(log, 1, 6, A);
            frames.end(A, 0);
            Frames.Frame valid = append(log, 3, 5, A);
            log.flush();

            assertThat(log.readBody(log.find(1, 5).orElseThrow())).isEqualTo(dead.body());
            assertThat(log.readBody(log.find(3, 5).orElseThrow())).isEqualTo(valid.body());
            assertThat(log.find(1, 6)).isPresent();
        }
    }

    @Test
    void aFrameLargerThanAFileGetsAFileOfItsOwnSize() throws IOException {
        try (ShardLog log = open(settings)) {
            commit(log, 1, 1, A);
            Frames.Frame large = frames.of(1, 2, 30_000, A);
            FrameLocation at = log.append(1, 2, large.tableBytes(), large.body(), true);
            commit(log, 1, 3, A);

            assertThat(at.file()).isEqualTo(2);
            assertThat(new LocalDisk(directory).sizeOf(LogFileNames.log(2)))
                    .isEqualTo(
                            FileHeader.BYTES
                                    + FrameHeader.frameBytes(at.tableLength(), at.bodyLength()));
            assertThat(log.readBody(at)).isEqualTo(large.body());
        }
    }

    @Test
    void writingBeginsInANewFileAfterRestart() throws IOException {
        try (ShardLog log = open(settings)) {
            append(log, 1, 1, A);
            log.flush();
        }
        try (ShardLog log = open(settings)) {
            append(log, 2, 2, A);

            assertThat(log.find(1, 1).orElseThrow().file()).isEqualTo(1);
            assertThat(log.find(2, 2).orElseThrow().file()).isEqualTo(2);
        }
    }

    @Test
    void droppedSlicesGetNoRowsAndAreNotInTheCommittedTable() throws IOException {
        List<Slice> kept;
        try (ShardLog log = open(settings)) {
            Frames.Frame frame = append(log, 1, 1, A, B);
            log.flush();
            kept = List.of(frame.table().slices().get(1));
            log.committed(1, 1, frame.table(), new FrameTable(1, 10, kept));

            assertThat(log.row(A, 0)).isEmpty();
            assertThat(log.row(B, 0)).isPresent();
            assertThat(log.framesFrom(1, 2, 1).getFirst().kept().orElseThrow().slices())
                    .isEqualTo(kept);
            for (int index = 2; index <= 20; index++) {
                commit(log, 1, index, B);
            }
            assertThat(log.counters().directoriesWritten()).isPositive();
        }
        try (ShardLog log = open(settings)) {
            assertThat(log.framesFrom(1, 2, 1).getFirst().kept().orElseThrow().slices())
                    .isEqualTo(kept);
            assertThat(log.row(A, 0)).isEmpty();
        }
    }

    @Test
    void committedEntriesComeInIndexOrderWithThoseThatAreNoFrames() throws IOException {
        try (ShardLog log = open(settings)) {
            commit(log, 1, 1, A);
            log.committedOther(2, 2);
            commit(log, 2, 3, A);
            log.committedOther(3, 4);

            assertThat(log.framesFrom(1, 10, Long.MAX_VALUE))
                    .extracting(CommittedEntry::index)
                    .containsExactly(1L, 2L, 3L, 4L);
            assertThat(log.framesFrom(1, 10, 1)).hasSize(1);
            assertThat(log.termAt(2)).hasValue(2);
            assertThat(log.termAt(4)).hasValue(3);
            assertThat(log.termAt(5)).isEmpty();
        }
    }

    @Test
    void theLastFramesAreReadFromMemoryWithinTheBound() throws IOException {
        try (ShardLog log = open(settings.withCacheBytes(3_000))) {
            for (int index = 1; index <= 20; index++) {
                commit(log, 1, index, A);
            }
            assertThat(log.counters().cacheBytes()).isBetween(1_500L, 3_000L);

            assertThat(log.readBody(log.find(1, 20).orElseThrow()).isReadOnly()).isTrue();
            try (HotLease lease = log.lease(log.row(A, 39).orElseThrow()).orElseThrow()) {
                assertThat(lease.cached()).contains(lease.bytes());
            }
            assertThat(log.counters().diskReads()).isZero();

            log.readBody(log.find(1, 1).orElseThrow());
            assertThat(log.counters().diskReads()).isEqualTo(1);
        }
    }

    @Test
    void freedFilesAreOverwrittenAndTheirOldFramesNeverComeBack() throws IOException {
        try (ShardLog log = open(settings)) {
            for (int index = 1; index <= 40; index++) {
                commit(log, 1, index, A);
            }
            List<LogFileFacts> old = log.freeable(30);
            assertThat(old).isNotEmpty().allMatch(file -> file.highestIndex() < 30);
            long files = log.counters().files();

            assertThat(log.free(old.getFirst().number())).isTrue();

            assertThat(log.find(1, 1)).isEmpty();
            assertThat(log.hotStart(A))
                    .hasValue(old.getFirst().partitions().getFirst().endOffset());
            assertThat(log.counters().files()).isEqualTo(files - 1);
            assertThat(log.free(old.getFirst().number())).isFalse();
            for (int index = 41; index <= 60; index++) {
                commit(log, 1, index, A);
            }
            assertThat(log.counters().filesRecycled()).isEqualTo(1);
        }
        try (ShardLog log = open(settings)) {
            assertThat(log.find(1, 1)).isEmpty();
            assertThat(log.find(1, 60)).isPresent();
            assertThat(log.damages()).isEmpty();
        }
    }

    @Test
    void aLeasedFileIsUnlinkedAndReadableUntilTheLeaseEnds() throws IOException {
        try (ShardLog log = open(settings)) {
            for (int index = 1; index <= 40; index++) {
                commit(log, 1, index, A);
            }
            HotRange row = log.row(A, 0).orElseThrow();
            HotLease lease = log.lease(row).orElseThrow();

            assertThat(log.free(row.file())).isTrue();

            assertThat(directory.resolve(LogFileNames.log(row.file()))).doesNotExist();
            assertThat(spares()).isZero();
            assertThat(lease.bytes().getLong(0)).isZero();
            assertThat(log.lease(row)).isEmpty();
            lease.close();
            lease.close();
        }
    }

    @Test
    void aFileThatWasReadAShortWhileAgoIsNotOverwritten() throws IOException {
        try (ShardLog log = open(settings)) {
            for (int index = 1; index <= 60; index++) {
                commit(log, 1, index, A);
            }
            List<LogFileFacts> old = log.freeable(50);
            log.lease(log.row(A, 0).orElseThrow()).orElseThrow().close();
            log.lease(log.row(A, old.get(1).partitions().getFirst().baseOffset()).orElseThrow())
                    .orElseThrow()
                    .close();

            nowNs.addAndGet(settings.readGraceNs());
            log.free(old.get(0).number());
            assertThat(spares()).isZero();

            nowNs.incrementAndGet();
            log.free(old.get(1).number());
            assertThat(spares()).isEqualTo(1);
        }
    }

    @Test
    void sparesAreBounded() throws IOException {
        try (ShardLog log = open(settings)) {
            for (int index = 1; index <= 100; index++) {
                commit(log, 1, index, A);
            }
            for (LogFileFacts file : log.freeable(100)) {
                assertThat(log.free(file.number())).isTrue();
            }
            assertThat(log.counters().filesFreed()).isGreaterThan(4);
            assertThat(spares()).isEqualTo(settings.spareFilesMax());
        }
    }

    private long spares() throws IOException {
        return new LocalDisk(directory)
                .list().stream().filter(name -> name.endsWith(LogFileNames.SPARE)).count();
    }

    @Test
    void theNewestFileAndUndecidedFramesStay() throws IOException {
        try (ShardLog log = open(settings)) {
            for (int index = 1; index <= 40; index++) {
                append(log, 1, index, A);
            }
            log.flush();
            long newest = log.find(1, 40).orElseThrow().file();

            assertThat(log.freeable(Long.MAX_VALUE))
                    .isNotEmpty()
                    .noneMatch(file -> file.number() == newest);
            assertThat(log.freeable(1)).isEmpty();
            assertThat(log.free(newest)).isFalse();
        }
    }

    @Test
    void aFileWhoseLastFrameIsTheEndAskedForMayNotGo() throws IOException {
        try (ShardLog log = open(settings)) {
            for (int index = 1; index <= 40; index++) {
                commit(log, 1, index, A);
            }
            List<LogFileFacts> all = log.freeable(Long.MAX_VALUE);

            assertThat(all)
                    .isNotEmpty()
                    .allSatisfy(file -> {
                        assertThat(log.freeable(file.highestIndex())).doesNotContain(file);
                        assertThat(log.freeable(file.highestIndex() + 1)).contains(file);
                    });
        }
    }

    @Test
    void hotStartMovesAtOnceAndOnlyUp() throws IOException {
        try (ShardLog log = open(settings)) {
            for (int index = 1; index <= 10; index++) {
                commit(log, 1, index, A);
            }
            long all = log.localBytes(A);

            log.setHotStart(A, 7);
            log.setHotStart(A, 3);

            assertThat(log.hotStart(A)).hasValue(7);
            assertThat(log.row(A, 6)).isEmpty();
            assertThat(log.row(A, 7)).isPresent();
            assertThat(log.localBytes(A)).isLessThan(all);
            assertThat(log.heldBytes(A)).isEqualTo(all);
            log.setHotStart(A, 20);
            assertThat(log.hotStart(A)).isEmpty();
            log.forget(A);
            assertThat(log.heldBytes(A)).isZero();
        }
    }

    @Test
    void preparedFilesAreNotExtendedByWriting() throws IOException {
        ShardLogSettings preparing = new ShardLogSettings(FILE_BYTES, 0, 2, 16, 100, true);
        try (ShardLog log = open(preparing)) {
            for (int index = 1; index <= 40; index++) {
                commit(log, 1, index, A);
            }
            ShardLogCounters counters = log.counters();
            assertThat(counters.filesExtended()).isZero();
            assertThat(counters.filesRecycled()).isEqualTo(counters.files());
            assertThat(counters.diskBytes()).isEqualTo((counters.files() + 1) * FILE_BYTES);
        }
    }

    @Test
    void countersAreExact() throws IOException {
        try (ShardLog log = open(settings)) {
            FrameLocation first = null;
            for (int index = 1; index <= 3; index++) {
                Frames.Frame frame = frames.of(1, index, 500, A);
                first = log.append(1, index, frame.tableBytes(), frame.body(), true);
            }
            log.flush();
            log.flush();

            ShardLogCounters counters = log.counters();
            long frameBytes = FrameHeader.frameBytes(first.tableLength(), first.bodyLength());
            assertThat(counters.frames()).isEqualTo(3);
            assertThat(counters.bytesWritten()).isEqualTo(FileHeader.BYTES + 3 * frameBytes);
            assertThat(counters.flushes()).isEqualTo(1);
            assertThat(counters.fileSyncs()).isEqualTo(1);
            assertThat(counters.directorySyncs()).isEqualTo(1);
            assertThat(counters.files()).isEqualTo(1);
            assertThat(counters.diskBytes()).isEqualTo(counters.bytesWritten());
        }
    }

    @Test
    void oneFlushCoversAllFilesWrittenSinceTheLast() throws IOException {
        try (ShardLog log = open(settings)) {
            for (int index = 1; index <= 40; index++) {
                append(log, 1, index, A);
            }
            log.flush();

            assertThat(log.counters().flushes()).isEqualTo(1);
            assertThat(log.counters().fileSyncs()).isEqualTo(log.counters().files());
            assertThat(log.counters().directorySyncs()).isEqualTo(1);
        }
    }

    @Test
    void anInterruptedReaderDisturbsNobody() throws IOException {
        try (ShardLog log = open(settings)) {
            Frames.Frame frame = commit(log, 1, 1, A);
            FrameLocation at = log.find(1, 1).orElseThrow();

            Thread.currentThread().interrupt();
            assertThat(log.readBody(at)).isEqualTo(frame.body());
            assertThat(Thread.interrupted()).isTrue();

            try (HotLease lease = log.lease(log.row(A, 0).orElseThrow()).orElseThrow()) {
                lease.channel().orElseThrow().close();
                assertThat(lease.channel().orElseThrow().isOpen()).isTrue();
                assertThat(lease.bytes().getLong(0)).isZero();
            }
        }
    }

    @Test
    void openFilesAreBounded() throws IOException {
        try (ShardLog log = open(new ShardLogSettings(FILE_BYTES, 0, 2, 2, 100, false))) {
            for (int index = 1; index <= 80; index++) {
                commit(log, 1, index, A);
            }
            for (int round = 0; round < 2; round++) {
                for (int index = 1; index <= 80; index++) {
                    log.readBody(log.find(1, index).orElseThrow());
                }
            }
            assertThat(log.counters().files()).isGreaterThan(5);
            assertThat(log.openReaders()).isLessThanOrEqualTo(2);
        }
    }
}
