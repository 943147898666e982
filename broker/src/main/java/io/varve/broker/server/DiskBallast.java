// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;

/// A file that only takes room, to be thrown overboard when others have filled the disk to the last
/// byte: what is free then is enough to hand the shards over. Owner: one thread.
final class DiskBallast {
    private static final int CHUNK_BYTES = 1 << 20;

    private final Path file;

    DiskBallast(Path file) {
        this.file = file;
    }

    /// Takes so much room, if it does not yet. Nothing is flushed: after a crash it may be smaller,
    /// and is made anew.
    ///
    /// @throws IOException there is not so much room; then it takes none
    void hold(long bytes) throws IOException {
        if (Files.exists(file) && Files.size(file) >= bytes) {
            return;
        }
        try (FileChannel channel =
                FileChannel.open(
                        file,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.TRUNCATE_EXISTING)) {
            byte[] noise = new byte[CHUNK_BYTES]; // zeros may take no room
            new Random(0).nextBytes(noise);
            for (long left = bytes; left > 0; ) {
                left -= channel.write(ByteBuffer.wrap(noise, 0, (int) Math.min(left, CHUNK_BYTES)));
            }
        } catch (IOException e) {
            Files.deleteIfExists(file);
            throw e;
        }
    }

    /// @return whether there was any to give away
    boolean release() throws IOException {
        return Files.deleteIfExists(file);
    }
}
