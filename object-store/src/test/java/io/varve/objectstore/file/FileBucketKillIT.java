// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.file;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.objectstore.ByteRange;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.PutMode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A process puts objects as fast as it can, says which are done, and is killed in the middle.
/// Afterwards every object that it said was done is there, and every object that is there is whole.
final class FileBucketKillIT {
    private static final int ROUNDS = 4;
    private static final int OBJECTS_BEFORE_KILL = 40;
    private static final int CONTENT_BYTES = 300_000;

    @TempDir Path bucket;

    @Test
    @Timeout(120)
    void aKilledWriterLosesNothingItConfirmedAndLeavesNothingHalf() throws Exception {
        Set<String> confirmed = new HashSet<>();
        for (int round = 0; round < ROUNDS; round++) {
            confirmed.addAll(writeUntilKilled(round));
        }

        FileObjectStore store = FileObjectStore.open(bucket, InstantSource.system());
        List<ObjectInfo> found = new ArrayList<>();
        List<ObjectInfo> page;
        do {
            page = store.list("", found.isEmpty() ? "" : found.getLast().key(), 100);
            found.addAll(page);
        } while (page.size() == 100);

        assertThat(found).extracting(ObjectInfo::key).containsAll(confirmed);
        for (ObjectInfo each : found) {
            ByteBuffer content =
                    store.get(each.key(), ByteRange.span(0, Integer.MAX_VALUE)).bytes();
            assertThat(content.remaining()).as(each.key()).isEqualTo(CONTENT_BYTES);
            int crc = content.getInt();
            CRC32C expected = new CRC32C();
            expected.update(content);
            assertThat((int) expected.getValue()).as(each.key()).isEqualTo(crc);
        }
    }

    private List<String> writeUntilKilled(int round) throws IOException, InterruptedException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Process writer =
                new ProcessBuilder(
                                java,
                                "-cp",
                                System.getProperty("java.class.path"),
                                Writer.class.getName(),
                                bucket.toString(),
                                "" + round)
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        List<String> confirmed = new ArrayList<>();
        try (BufferedReader output = writer.inputReader(US_ASCII)) {
            String key;
            while (confirmed.size() < OBJECTS_BEFORE_KILL && (key = output.readLine()) != null) {
                confirmed.add(key);
            }
        } finally {
            writer.destroyForcibly();
            assertThat(writer.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(confirmed).hasSize(OBJECTS_BEFORE_KILL);
        return confirmed;
    }

    /// The process that is killed.
    static final class Writer {
        private Writer() {}

        public static void main(String[] args) throws IOException {
            FileObjectStore store = FileObjectStore.open(Path.of(args[0]), InstantSource.system());
            for (int object = 0; ; object++) {
                String key = "round-" + args[1] + "/" + object % 7 + "/" + object;
                PutMode mode = object % 2 == 0 ? PutMode.IF_ABSENT : PutMode.OVERWRITE;
                store.put(key, ObjectBody.of(content(object)), mode);
                System.out.println(key);
            }
        }

        private static byte[] content(int object) {
            ByteBuffer content = ByteBuffer.allocate(CONTENT_BYTES);
            content.position(4);
            while (content.remaining() >= 4) {
                content.putInt(object * 31 + content.position());
            }
            CRC32C crc = new CRC32C();
            crc.update(content.flip().position(4));
            return content.putInt(0, (int) crc.getValue()).array();
        }
    }
}
