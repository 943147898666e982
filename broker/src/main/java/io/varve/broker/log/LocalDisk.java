// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// A directory of the local file system. Thread-safe.
///
/// Java closes a [FileChannel] for everybody when a thread that uses it is interrupted. A file that
/// is open to read opens itself again then; a writer's channel stays closed, which its owner sees
/// as a failure.
public final class LocalDisk implements DiskFiles {
    private final Path directory;

    /// @param directory made when it is not there
    public LocalDisk(Path directory) throws IOException {
        this.directory = Files.createDirectories(directory);
    }

    @Override
    public List<String> list() throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.filter(Files::isRegularFile)
                    .map(path -> path.getFileName().toString())
                    .toList();
        }
    }

    @Override
    public long sizeOf(String name) throws IOException {
        return Files.size(directory.resolve(name));
    }

    @Override
    public DiskFile create(String name) throws IOException {
        return new WritableFile(
                FileChannel.open(
                        directory.resolve(name),
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.WRITE));
    }

    @Override
    public DiskFile openToWrite(String name) throws IOException {
        return new WritableFile(
                FileChannel.open(directory.resolve(name), StandardOpenOption.WRITE));
    }

    @Override
    public DiskFile openToRead(String name) throws IOException {
        return new ReadableFile(directory.resolve(name));
    }

    @Override
    public void rename(String from, String to) throws IOException {
        Files.move(directory.resolve(from), directory.resolve(to), StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void delete(String name) throws IOException {
        Files.delete(directory.resolve(name));
    }

    @Override
    public void syncDirectory() throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public MemorySegment map(String name, Arena arena) throws IOException {
        try (FileChannel channel =
                FileChannel.open(directory.resolve(name), StandardOpenOption.READ)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        }
    }

    private static int readFully(FileChannel channel, long position, ByteBuffer into)
            throws IOException {
        int total = 0;
        while (into.hasRemaining()) {
            int read = channel.read(into, position + total);
            if (read < 0) {
                break;
            }
            total += read;
        }
        return total;
    }

    private static final class WritableFile implements DiskFile {
        private final FileChannel channel;
        private long channelPosition;

        WritableFile(FileChannel channel) {
            this.channel = channel;
        }

        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public void write(long position, ByteBuffer... parts) throws IOException {
            if (position != channelPosition) {
                channel.position(position);
            }
            long left = 0;
            for (ByteBuffer part : parts) {
                left += part.remaining();
            }
            channelPosition = position + left;
            while (left > 0) {
                left -= channel.write(parts);
            }
        }

        @Override
        public int read(long position, ByteBuffer into) throws IOException {
            return readFully(channel, position, into);
        }

        @Override
        public void force() throws IOException {
            channel.force(false);
        }

        @Override
        public Optional<FileChannel> channel() {
            return Optional.of(channel);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    private static final class ReadableFile implements DiskFile {
        private static final int REOPENS_MAX = 3;

        private final Path path;
        private volatile FileChannel channel;
        private boolean closed;

        ReadableFile(Path path) throws IOException {
            this.path = path;
            this.channel = open(path);
        }

        private static FileChannel open(Path path) throws IOException {
            return FileChannel.open(path, Set.of(StandardOpenOption.READ));
        }

        /// An open channel again, after a thread that was interrupted closed it. The file still has
        /// its name, because a freed one is not read by new readers.
        private synchronized FileChannel reopened() throws IOException {
            if (closed) {
                throw new ClosedChannelException();
            }
            if (!channel.isOpen()) {
                channel = open(path);
            }
            return channel;
        }

        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public void write(long position, ByteBuffer... parts) {
            throw new UnsupportedOperationException("file is open to read: path=" + path);
        }

        @Override
        public int read(long position, ByteBuffer into) throws IOException {
            boolean interrupted = false;
            int start = into.position();
            try {
                for (int attempt = 1; ; attempt++) {
                    // An interrupt from before this read must not close the channel.
                    interrupted |= Thread.interrupted();
                    try {
                        return readFully(reopened(), position, into.position(start));
                    } catch (ClosedByInterruptException e) {
                        if (attempt == REOPENS_MAX) {
                            throw e;
                        }
                    } catch (ClosedChannelException e) {
                        if (attempt == REOPENS_MAX || isClosed()) {
                            throw e;
                        }
                    }
                }
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        private synchronized boolean isClosed() {
            return closed;
        }

        @Override
        public void force() {
            throw new UnsupportedOperationException("file is open to read: path=" + path);
        }

        @Override
        public Optional<FileChannel> channel() throws IOException {
            return Optional.of(reopened());
        }

        @Override
        public synchronized void close() throws IOException {
            closed = true;
            channel.close();
        }
    }
}
