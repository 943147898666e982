// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.PartitionId;
import io.varve.manifest.state.BatchFacts;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/// Goal: version 1 of the shard log's files is frozen. Method: what is written today is byte for
/// byte what lies under `golden/v1`, and that is read as what it always meant.
class ShardLogGoldenTest {
    private static final PartitionId ID = new PartitionId(new Uuid(1, 2), 3);
    private static final ByteBuffer BODY =
            ByteBuffer.wrap("16 bytes of data".getBytes(StandardCharsets.US_ASCII));
    private static final ShardLogSettings SETTINGS =
            new ShardLogSettings(4_096, 0, 0, 16, 0, false);

    private final ForgetfulDisk disk = new ForgetfulDisk(new Random(0));

    private ShardLog open() throws IOException {
        // Random bits of the first file: those of seed 42.
        return ShardLog.open(disk, SETTINGS, () -> 0, new Random(42), Runnable::run);
    }

    private static FrameTable frame(long base, ShardCommand... commands) {
        BatchFacts batch =
                new BatchFacts(
                        base,
                        5,
                        16,
                        1_767_225_600_000L,
                        -1,
                        (short) -1,
                        -1,
                        false,
                        BatchFacts.Kind.DATA,
                        -1);
        DataSlice data = new DataSlice(ID, 2, 0, 16, List.of(batch));
        return new FrameTable(
                1,
                1_767_225_600_001L,
                commands.length == 0
                        ? List.of(data)
                        : List.of(data, new CommandSlice(commands[0])));
    }

    private static final FrameTable FIRST = frame(0);
    private static final FrameTable SECOND = frame(5, new ShardCommand.MoveLogStart(ID, 5));

    /// One file with two frames (of the second one slice counts), an entry without a frame between
    /// them, and a second file, so that the first gets its index file.
    private void write() throws IOException {
        ShardLog log = open();
        log.append(1, 10, FIRST.encode(), BODY, true);
        log.append(1, 12, SECOND.encode(), BODY, true);
        log.append(1, 13, FIRST.encode(), ByteBuffer.allocate(4_000), true);
        log.flush();
        log.committed(1, 10, FIRST);
        log.committedOther(1, 11);
        log.committed(
                1,
                12,
                SECOND,
                new FrameTable(1, SECOND.leaderTimeMs(), SECOND.slices().subList(0, 1)));
    }

    private static byte[] golden(String name) throws IOException {
        try (InputStream in = ShardLogGoldenTest.class.getResourceAsStream("/golden/v1/" + name)) {
            return in.readAllBytes();
        }
    }

    @Test
    void writesTheSameBytes() throws IOException {
        write();

        assertThat(disk.bytesOf(LogFileNames.log(1))).isEqualTo(golden("shard-log.log"));
        assertThat(disk.bytesOf(LogFileNames.name(1, LogFileNames.DIRECTORY)))
                .isEqualTo(golden("shard-log-dir.dir"));
    }

    @Test
    void readsTheSameMeaning() throws IOException {
        put(LogFileNames.log(1), golden("shard-log.log"));
        ShardLog scanned = open();
        assertThat(scanned.damages()).isEmpty();
        assertThat(scanned.readTable(scanned.find(1, 10).orElseThrow())).isEqualTo(FIRST);
        assertThat(scanned.readBody(scanned.find(1, 12).orElseThrow())).isEqualTo(BODY);

        put(LogFileNames.name(1, LogFileNames.DIRECTORY), golden("shard-log-dir.dir"));
        ShardLog indexed = open();
        assertThat(indexed.row(ID, 7))
                .hasValueSatisfying(row -> {
                    assertThat(row.baseOffset()).isEqualTo(5);
                    assertThat(row.endOffset()).isEqualTo(10);
                    assertThat(row.length()).isEqualTo(16);
                });
        assertThat(indexed.framesFrom(10, 13, 1_000))
                .extracting(entry -> entry.kept().map(table -> table.slices().size()).orElse(0))
                .containsExactly(1, 0, 1);
    }

    private void put(String name, byte[] bytes) throws IOException {
        try (DiskFile file = disk.create(name)) {
            file.write(0, ByteBuffer.wrap(bytes));
        }
    }
}
