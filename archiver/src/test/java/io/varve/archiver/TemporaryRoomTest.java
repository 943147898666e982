// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemporaryRoomTest {
    private static final long MIB = 1 << 20;

    @TempDir Path folder;

    @Test
    void aTemporaryFileLeavesTheReserve() throws IOException {
        long usableBytes = Files.getFileStore(folder).getUsableSpace();
        TemporaryRoom room = new TemporaryRoom(folder, MIB);

        assertThatCode(() -> room.check(1)).doesNotThrowAnyException();
        assertThatThrownBy(() -> room.check(usableBytes + 1))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no room for a temporary file")
                .hasMessageContaining("reserveBytes=" + MIB)
                .hasMessageContaining(folder.toString());
    }

    @Test
    void ofASmallDiskAQuarterIsEnough() throws IOException {
        long totalBytes = Files.getFileStore(folder).getTotalSpace();
        TemporaryRoom room = new TemporaryRoom(folder, Long.MAX_VALUE);

        assertThatThrownBy(() -> room.check(totalBytes))
                .hasMessageContaining("reserveBytes=" + totalBytes / 4);
    }
}
