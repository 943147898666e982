// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.file;

import static io.varve.objectstore.file.FileWriter.DIRECT_BYTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStoreException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FileWriterTest {
    private static final long SEED = 20_261_129;

    @TempDir private Path folder = Path.of("");

    @ParameterizedTest
    @ValueSource(
            ints = {
                0,
                1,
                DIRECT_BYTES - 1,
                DIRECT_BYTES,
                DIRECT_BYTES + 1,
                DIRECT_BYTES + 4_095,
                DIRECT_BYTES + 4_096,
                2 * DIRECT_BYTES,
                3 * DIRECT_BYTES - 1,
            })
    void aFileHasTheBytesOfItsBodyAndNoMore(int bytes) throws IOException {
        byte[] content = content(bytes);

        assertThat(written(new FileWriter(), ObjectBody.of(content))).isEqualTo(content);
        assertThat(written(new FileWriter(), ObjectBody.of(pieces(content)))).isEqualTo(content);
    }

    @Test
    void withoutDirectWritesItGoesThroughThePageCache() throws IOException {
        byte[] content = content(DIRECT_BYTES + 1);
        FileWriter writer = new FileWriter(Optional.of(new OpenOption() {}));

        assertThat(written(writer, ObjectBody.of(content))).isEqualTo(content);
        assertThat(written(writer, ObjectBody.of(content))).isEqualTo(content);
    }

    @Test
    void aBodyThatIsNotWhatItDeclaresIsRefused() throws IOException {
        Path source = Files.write(folder.resolve("source"), content(DIRECT_BYTES + 7));
        ObjectBody lies = ObjectBody.ofFile(source, DIRECT_BYTES + 7, 1);

        assertThatThrownBy(() -> written(new FileWriter(), lies))
                .isInstanceOf(ObjectStoreException.Denied.class);
    }

    private byte[] written(FileWriter writer, ObjectBody body) throws IOException {
        Path file = Files.createTempFile(folder, "object", "");
        writer.write(file, body);
        return Files.readAllBytes(file);
    }

    private static byte[] content(int bytes) {
        byte[] content = new byte[bytes];
        new Random(SEED + bytes).nextBytes(content);
        return content;
    }

    /// Of sizes that no block is a multiple of.
    private static List<ByteBuffer> pieces(byte[] content) {
        List<ByteBuffer> pieces = new ArrayList<>();
        int position = 0;
        for (int length = 1; position < content.length; length = 3 * length + 1) {
            int taken = Math.min(length, content.length - position);
            pieces.add(ByteBuffer.wrap(content, position, taken));
            position += taken;
        }
        return pieces;
    }
}
