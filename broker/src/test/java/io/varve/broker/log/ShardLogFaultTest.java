// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.manifest.PartitionId;
import io.varve.manifest.VersionTooNewException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/// What the log does with a disk that fails and with bytes that changed.
class ShardLogFaultTest {
    private static final PartitionId A = Frames.partition(0);
    private static final String FIRST_FILE = LogFileNames.log(1);

    private final Random random = new Random(5);
    private final ForgetfulDisk disk = new ForgetfulDisk(random);
    private final Frames frames = new Frames(random);
    private final ShardLogSettings settings = new ShardLogSettings(8_192, 0, 2, 16, 100, false);

    private ShardLog open() throws IOException {
        return ShardLog.open(disk, settings, () -> 1, random, Runnable::run);
    }

    private Frames.Frame append(ShardLog log, long index) throws IOException {
        Frames.Frame frame = frames.of(1, index, 300, A);
        log.append(1, index, frame.tableBytes(), frame.body(), true);
        return frame;
    }

    private static void flip(byte[] bytes, long position) {
        bytes[(int) position] ^= 0x10;
    }

    @Test
    void aFailedFlushIsFinal() throws IOException {
        ShardLog log = open();
        Frames.Frame frame = append(log, 1);
        log.flush();
        FrameLocation at = log.find(1, 1).orElseThrow();
        append(log, 2);
        disk.failForces();

        assertThatThrownBy(log::flush).isInstanceOf(ShardLogFailedException.class);

        assertThatThrownBy(() -> append(log, 3)).isInstanceOf(ShardLogFailedException.class);
        assertThatThrownBy(log::flush).isInstanceOf(ShardLogFailedException.class);
        assertThatThrownBy(() -> log.readBody(at)).isInstanceOf(ShardLogFailedException.class);
        assertThatThrownBy(() -> log.committed(1, 1, frame.table()))
                .isInstanceOf(ShardLogFailedException.class);
        assertThat(log.failure()).isPresent();
    }

    @Test
    void aFailedDirectorySyncIsFinal() throws IOException {
        ShardLog log = open();
        append(log, 1);
        disk.failDirectorySyncs();

        assertThatThrownBy(log::flush).isInstanceOf(ShardLogFailedException.class);
        assertThatThrownBy(log::flush).isInstanceOf(ShardLogFailedException.class);
    }

    @Test
    void aFullDiskIsFinalAndLosesNothingThatWasFlushed() throws IOException {
        ShardLog log = open();
        Frames.Frame first = append(log, 1);
        log.flush();
        disk.leaveBytes(100);

        assertThatThrownBy(() -> append(log, 2))
                .isInstanceOf(ShardLogFailedException.class)
                .hasMessageContaining("append failed: term=1, index=2")
                .hasRootCauseMessage("no space left on device");
        assertThatThrownBy(log::flush).isInstanceOf(ShardLogFailedException.class);

        disk.leaveBytes(Long.MAX_VALUE);
        ShardLog again = open();
        assertThat(again.readBody(again.find(1, 1).orElseThrow())).isEqualTo(first.body());
        assertThat(again.find(1, 2)).isEmpty();
    }

    @Test
    void everyFlippedByteOfAFrameIsFoundWhenItIsRead() throws IOException {
        ShardLog log = open();
        append(log, 1);
        FrameLocation at = log.find(1, 1).orElseThrow();
        byte[] file = disk.bytesOf(FIRST_FILE);
        int frameBytes = FrameHeader.BYTES + at.tableLength() + at.bodyLength();

        for (int offset = 0; offset < frameBytes; offset++) {
            flip(file, at.position() + offset);
            boolean inTable = offset < FrameHeader.BYTES + at.tableLength();
            assertThatThrownBy(() -> readWhole(log, at, inTable))
                    .as("offset=%s", offset)
                    .isInstanceOf(DamagedFrameException.class)
                    .hasMessageContaining("file=" + FIRST_FILE + ", position=" + at.position());
            flip(file, at.position() + offset);
        }
        readWhole(log, at, false);
    }

    private static void readWhole(ShardLog log, FrameLocation at, boolean table)
            throws IOException {
        if (table) {
            log.readTable(at);
        } else {
            log.readBody(at);
        }
    }

    @Test
    void everyFlippedByteOfAFrameIsFoundByAScanThatFindsTheFramesBehindIt() throws IOException {
        ShardLog log = open();
        append(log, 1);
        append(log, 2);
        Frames.Frame third = append(log, 3);
        log.flush();
        FrameLocation second = log.find(1, 2).orElseThrow();
        byte[] file = disk.bytesOf(FIRST_FILE);
        int frameBytes = FrameHeader.BYTES + second.tableLength() + second.bodyLength();

        for (int offset = 0; offset < frameBytes; offset += offset < 60 ? 1 : 7) {
            flip(file, second.position() + offset);
            ShardLog again = open();
            assertThat(again.damages()).as("offset=%s", offset).hasSize(1);
            assertThat(again.damages().getFirst().position()).isEqualTo(second.position());
            assertThat(again.readBody(again.find(1, 3).orElseThrow())).isEqualTo(third.body());
            assertThat(again.find(1, 1)).isPresent();
            boolean headerRight = offset >= FrameHeader.BYTES;
            Optional<FrameLocation> found = again.find(1, 2);
            assertThat(found.isPresent()).isEqualTo(headerRight);
            flip(file, second.position() + offset);
        }
    }

    @Test
    void aDamagedFileHeaderHidesNoFrame() throws IOException {
        ShardLog log = open();
        Frames.Frame first = append(log, 1);
        log.flush();

        flip(disk.bytesOf(FIRST_FILE), 20);

        ShardLog again = open();
        assertThat(again.damages()).hasSize(1);
        assertThat(again.readBody(again.find(1, 1).orElseThrow())).isEqualTo(first.body());
    }

    @Test
    void aDamagedFrameGetsNoRowsAndItsEntryFailsWhenRead() throws IOException {
        ShardLog log = open();
        append(log, 1);
        Frames.Frame second = append(log, 2);
        append(log, 3);
        log.flush();
        FrameLocation at = log.find(1, 2).orElseThrow();
        flip(disk.bytesOf(FIRST_FILE), at.position() + FrameHeader.BYTES + at.tableLength() + 3);

        ShardLog again = open();

        assertThat(again.committed(1, 2, second.table())).isFalse();
        assertThat(again.hotStart(A)).isEmpty();
        List<CommittedEntry> entries = again.framesFrom(2, 3, 1_000);
        assertThatThrownBy(() -> again.readBody(entries.getFirst().location().orElseThrow()))
                .isInstanceOf(DamagedFrameException.class);
    }

    @Test
    void aFrameThatIsMissingIsNoEntryWithoutAFrame() throws IOException {
        ShardLog log = open();
        Frames.Frame never = frames.of(1, 1, 100, A);

        assertThat(log.committed(1, 1, never.table())).isFalse();

        assertThat(log.framesFrom(1, 2, 1_000)).isEmpty();
    }

    @Test
    void batchesThatChangedOnDiskAreNotGivenOut() throws IOException {
        ShardLog log = open();
        Frames.Frame frame = append(log, 1);
        log.flush();
        log.committed(1, 1, frame.table());
        HotRange row = log.row(A, 0).orElseThrow();
        byte[] file = disk.bytesOf(FIRST_FILE);

        for (int offset : new int[] {0, 7, 16, 30, 90}) {
            flip(file, row.position() + offset);
            try (HotLease lease = log.lease(row).orElseThrow()) {
                assertThatThrownBy(lease::bytes)
                        .as("offset=%s", offset)
                        .isInstanceOf(DamagedFrameException.class)
                        .hasMessageContaining("position=" + row.position());
            }
            flip(file, row.position() + offset);
        }
    }

    @Test
    void aDamagedOrMissingIndexFileIsMadeAgain() throws IOException {
        ShardLog log = open();
        Frames.Frame[] all = new Frames.Frame[46];
        for (int index = 1; index <= 45; index++) {
            all[index] = append(log, index);
        }
        log.flush();
        for (int index = 1; index <= 45; index++) {
            log.committed(1, index, all[index].table());
        }
        String first = LogFileNames.name(1, LogFileNames.DIRECTORY);
        String second = LogFileNames.name(2, LogFileNames.DIRECTORY);
        byte[] right = disk.bytesOf(first).clone();
        flip(disk.bytesOf(first), 100);
        disk.delete(second);

        ShardLog again = open();
        for (int index = 1; index <= 45; index++) {
            assertThat(again.committed(1, index, all[index].table())).isTrue();
        }

        assertThat(disk.bytesOf(first)).isEqualTo(right);
        assertThat(disk.list()).contains(second);
        assertThat(again.hotStart(A)).hasValue(0);
        assertThat(again.localBytes(A)).isEqualTo(log.localBytes(A));
    }

    @Test
    void aFileOfALaterVersionIsRefusedAndLeftAlone() throws IOException {
        ShardLog log = open();
        append(log, 1);
        log.flush();
        ByteBuffer header = ByteBuffer.wrap(disk.bytesOf(FIRST_FILE));
        header.putInt(8, 2);
        CRC32C crc = new CRC32C();
        crc.update(header.slice(0, 12));
        crc.update(header.slice(16, FileHeader.BYTES - 16));
        header.putInt(12, (int) crc.getValue());

        assertThatThrownBy(this::open)
                .isInstanceOf(VersionTooNewException.class)
                .hasMessageContaining(FIRST_FILE);
        assertThat(disk.list()).contains(FIRST_FILE);
    }
}
