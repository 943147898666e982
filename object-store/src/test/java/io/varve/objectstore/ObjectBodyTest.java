// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A body as a stream, as an SDK pulls it.
final class ObjectBodyTest {
    private final int crc = ObjectBody.of("hello".getBytes(US_ASCII)).crc32c();
    @TempDir Path scratch;
    private Path file;

    @BeforeEach
    void write() throws IOException {
        file = Files.writeString(scratch.resolve("body"), "hello", US_ASCII);
    }

    @Test
    void givesAllBytesOfBuffersAndFilesAgainAndAgain() throws IOException {
        ByteBuffer middle = ByteBuffer.wrap("xell".getBytes(US_ASCII)).position(1);
        List<ObjectBody> bodies =
                List.of(
                        ObjectBody.of("hello".getBytes(US_ASCII)),
                        ObjectBody.of(
                                List.of(
                                        ByteBuffer.wrap("h".getBytes(US_ASCII)),
                                        ByteBuffer.allocate(0),
                                        middle,
                                        ByteBuffer.allocateDirect(1).put((byte) 'o').flip())),
                        ObjectBody.ofFile(file, 5, crc));

        for (ObjectBody body : bodies) {
            for (int time = 0; time < 2; time++) {
                try (InputStream stream = body.open()) {
                    assertThat(stream.read()).isEqualTo('h');
                    assertThat(stream.readAllBytes()).isEqualTo("ello".getBytes(US_ASCII));
                    assertThat(stream.read()).isEqualTo(-1);
                }
            }
        }
        assertThat(middle.remaining()).isEqualTo(3);
    }

    @Test
    void holdsTheLastBytesBackWhenAByteIsWrong() throws IOException {
        try (InputStream stream = ObjectBody.ofFile(file, 5, crc + 1).open()) {
            assertThat(stream.readNBytes(4)).hasSize(4);

            assertThatThrownBy(stream::read)
                    .isInstanceOf(ObjectStoreException.Denied.class)
                    .hasMessageContaining("declaredCrc32c");
        }
    }

    @Test
    void givesNoWholeBodyOfAFileThatIsLongerOrShorter() throws IOException {
        int shorterCrc = ObjectBody.of("hell".getBytes(US_ASCII)).crc32c();

        for (ObjectBody lie :
                List.of(ObjectBody.ofFile(file, 4, shorterCrc), ObjectBody.ofFile(file, 6, crc))) {
            try (InputStream stream = lie.open()) {
                assertThatThrownBy(stream::readAllBytes)
                        .isInstanceOf(ObjectStoreException.Denied.class)
                        .hasMessageContaining("declaredBytes=" + lie.bytes());
            }
        }
    }

    @Test
    void refusesAFileThatShouldBeEmptyOrIsNotThere() throws IOException {
        Path missing = scratch.resolve("missing");

        assertThatThrownBy(() -> ObjectBody.ofFile(file, 0, 0).open())
                .isInstanceOf(ObjectStoreException.Denied.class);
        assertThatThrownBy(() -> ObjectBody.ofFile(missing, 5, crc).open())
                .isInstanceOf(ObjectStoreException.Denied.class)
                .hasMessageContaining("missing");
        try (InputStream empty = ObjectBody.of(new byte[0]).open()) {
            assertThat(empty.read()).isEqualTo(-1);
        }
    }
}
