// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/// Bodies from nothing to 512 MiB, and such as are not what they declare.
public interface SizeContract extends BucketUnderTest {
    @Test
    default void storesAnEmptyObjectOfWhichEveryRangeIsEmpty() throws IOException {
        put("empty", "");

        for (ByteRange range :
                List.of(ByteRange.span(0, 1), ByteRange.span(7, 3), ByteRange.tail(9))) {
            ObjectSlice slice = store().get("empty", range);
            assertThat(slice.bytes().remaining()).isZero();
            assertThat(slice.position()).isZero();
            assertThat(slice.objectBytes()).isZero();
        }
        assertThat(store().head("empty").orElseThrow().bytes()).isZero();
    }

    @Test
    default void refusesABodyBeyondTheLimit() {
        Path file = scratch().resolve("never-opened");

        assertThat(ObjectBody.ofFile(file, ObjectStore.MAX_OBJECT_BYTES, 0).bytes())
                .isEqualTo(512L << 20);
        assertThatThrownBy(() -> ObjectBody.ofFile(file, ObjectStore.MAX_OBJECT_BYTES + 1, 0))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    default void streamsTheLargestObjectFromAFile() throws IOException {
        long seed = 20_261_124;
        long largest = ContractSize.largestBytes();
        Path file = scratch().resolve("large");
        CRC32C crc = new CRC32C();
        Random random = new Random(seed);
        byte[] block = new byte[1 << 20];
        try (OutputStream out = Files.newOutputStream(file)) {
            for (long written = 0; written < largest; written += block.length) {
                random.nextBytes(block);
                crc.update(block);
                out.write(block);
            }
        }

        ObjectInfo info =
                store().put(
                                "large",
                                ObjectBody.ofFile(file, largest, (int) crc.getValue()),
                                PutMode.IF_ABSENT);

        assertThat(info.bytes()).isEqualTo(largest);
        assertThat(store().head("large").orElseThrow().bytes()).isEqualTo(largest);
        CRC32C readBack = new CRC32C();
        for (long position = 0; position < largest; position += 24 << 20) {
            readBack.update(store().get("large", ByteRange.span(position, 24 << 20)).bytes());
        }
        assertThat(readBack.getValue()).isEqualTo(crc.getValue());
        assertThat(store().get("large", ByteRange.tail(block.length)).bytes())
                .isEqualTo(ByteBuffer.wrap(block));
        // Some servers keep it in memory.
        assertThat(store().delete(List.of("large")))
                .containsEntry("large", new DeleteResult.Deleted());
        Files.delete(file);
    }

    @Test
    default void storesNothingWhenTheBodyIsNotWhatItDeclares() throws IOException {
        Path file = Files.writeString(scratch().resolve("body"), "hello", US_ASCII);
        int crc = body("hello").crc32c();
        List<ObjectBody> lies =
                List.of(
                        ObjectBody.ofFile(file, 5, crc + 1),
                        ObjectBody.ofFile(file, 4, body("hell").crc32c()),
                        ObjectBody.ofFile(file, 6, crc),
                        ObjectBody.ofFile(scratch().resolve("missing"), 5, crc));

        for (ObjectBody lie : lies) {
            for (PutMode mode : PutMode.values()) {
                assertThatThrownBy(() -> store().put("k", lie, mode))
                        .isInstanceOf(ObjectStoreException.Denied.class);
            }
        }
        assertThat(store().head("k")).isEmpty();
        assertThat(store().list("", "", 1)).isEmpty();
    }
}
