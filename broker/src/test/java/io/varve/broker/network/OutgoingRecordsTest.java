// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.util.ReferenceCountUtil;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OutgoingRecordsTest {
    private final AtomicInteger released = new AtomicInteger();

    @Test
    void runsTheHookOnceWhenTheLastFilePieceIsGone(@TempDir Path dir) throws Exception {
        try (FileChannel file = FileChannel.open(Files.write(dir.resolve("f"), new byte[100]))) {
            OutgoingRecords records =
                    new OutgoingRecords(
                            List.of(
                                    new OutgoingRecords.FilePart(file, 0, 10),
                                    new OutgoingRecords.BufferPart(ByteBuffer.allocate(5)),
                                    new OutgoingRecords.FilePart(file, 20, 30)),
                            released::incrementAndGet);

            List<Object> pieces = records.takePieces();
            assertThat(records.sizeInBytes()).isEqualTo(45);
            ReferenceCountUtil.release(pieces.get(0));
            ReferenceCountUtil.release(pieces.get(1));
            assertThat(released).hasValue(0);
            ReferenceCountUtil.release(pieces.get(2));
            records.release();

            assertThat(released).hasValue(1);
            assertThat(file.isOpen()).isTrue();
        }
    }

    @Test
    void runsTheHookOnceWhenNothingIsSent() {
        OutgoingRecords records = new OutgoingRecords(List.of(), released::incrementAndGet);

        records.release();
        records.release();

        assertThat(released).hasValue(1);
        assertThatThrownBy(records::takePieces).isInstanceOf(IllegalStateException.class);
    }
}
