// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.file;

import io.varve.objectstore.ObjectBody;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes and fsyncs the files of puts. Large objects pass by the system's page cache (`O_DIRECT`)
/// where the file system can: they are seldom read where they were written, the pages are worth
/// more to the log of a broker beside it, and on a machine with fresh memory the kernel spends a
/// tenth of the time on them (docs/decisions/0012). All files are on one file system. Thread-safe.
final class FileWriter {
    /// Objects from this size on pass by the page cache; also the size of one write.
    static final int DIRECT_BYTES = 1 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(FileWriter.class);

    /// What EINVAL is called: the file system takes no such flag, or no such write.
    private static final String INVALID_ARGUMENT = "Invalid argument";

    private final OpenOption directly;
    private volatile boolean direct;

    /// Of the file system; 0 while it was not asked: that reads the table of mounts.
    private volatile long alignment;

    FileWriter() {
        this(jdkOption());
    }

    /// @param directly what opens a file for direct writes; empty: nothing does
    FileWriter(Optional<OpenOption> directly) {
        this.directly = directly.orElse(StandardOpenOption.WRITE);
        this.direct = directly.isPresent();
    }

    /// `ExtendedOpenOption.DIRECT` of the module jdk.unsupported, which the compiler lets nobody
    /// name without a warning.
    private static Optional<OpenOption> jdkOption() {
        try {
            Object[] options =
                    Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants();
            return Arrays.stream(options)
                    .map(OpenOption.class::cast)
                    .filter(option -> option.toString().equals("DIRECT"))
                    .findFirst();
        } catch (ClassNotFoundException e) {
            return Optional.empty();
        }
    }

    /// Fills an empty file with a body, durably. On an error what the file holds is undefined.
    void write(Path file, ObjectBody body) throws IOException {
        if (body.bytes() < DIRECT_BYTES || !direct || !wroteDirectly(file, body)) {
            try (FileChannel channel =
                    FileChannel.open(
                            file, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
                body.writeTo(channel);
                channel.force(true);
            }
        }
    }

    /// @return false when the file system does not do that
    private boolean wroteDirectly(Path file, ObjectBody body) throws IOException {
        if (alignment == 0) {
            alignment = Files.getFileStore(file).getBlockSize();
        }
        if (alignment > DIRECT_BYTES || Long.bitCount(alignment) != 1) {
            return refused(file, "block size " + alignment);
        }
        FileChannel channel;
        try {
            channel = FileChannel.open(file, StandardOpenOption.WRITE, directly);
        } catch (UnsupportedOperationException e) {
            return refused(file, e.toString());
        } catch (FileSystemException e) {
            if (INVALID_ARGUMENT.equals(e.getReason())) {
                return refused(file, e.toString());
            }
            throw e;
        }
        try (channel;
                Arena arena = Arena.ofConfined()) {
            ByteBuffer block = arena.allocate(DIRECT_BYTES, alignment).asByteBuffer();
            DirectOutput out = new DirectOutput(channel, block, (int) alignment);
            body.writeTo(out);
            out.finish();
            channel.force(true);
            return true;
        } catch (IOException e) {
            if (INVALID_ARGUMENT.equals(e.getMessage())) {
                return refused(file, e.toString());
            }
            throw e;
        }
    }

    private boolean refused(Path file, String why) {
        direct = false;
        LOG.info(
                "objects are written through the page cache, the file system takes no direct"
                        + " writes: file={}, why={}",
                file,
                why);
        return false;
    }
}
