// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// The files of the disk cache: one per block, names never used twice, so an open file stays what
/// it was while eviction unlinks it. Starts empty, so nothing is flushed: what an earlier process
/// left is deleted. Checks no content. Thread-safe; a folder that is wiped while it runs only costs
/// misses.
final class BlockFiles implements DiskBlocks {
    private static final String SUFFIX = ".block";

    private record BlockFile(Path path, int length) {}

    private final Path directory;
    private final ColdCounters counters;
    private final AtomicLong nextName = new AtomicLong();
    private final Cache<BlockKey, BlockFile> index;
    private final BlockWrites writes;

    /// @param directory an emptied one
    /// @param writeBytesMax that may wait to be written
    BlockFiles(
            Path directory,
            long bytesMax,
            long writeBytesMax,
            Executor threads,
            ColdCounters counters) {
        this.directory = directory;
        this.counters = counters;
        this.writes = new BlockWrites(writeBytesMax, threads, this::write);
        this.index =
                Caffeine.newBuilder()
                        .maximumWeight(bytesMax)
                        .weigher((BlockKey _, BlockFile file) -> file.length())
                        .executor(Runnable::run)
                        .removalListener(this::removed)
                        .build();
    }

    /// Makes the directory, or deletes what an earlier process left in it.
    static void empty(Path directory) throws IOException {
        Files.createDirectories(directory);
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
            for (Path leftover : leftovers) {
                Files.deleteIfExists(leftover);
            }
        }
    }

    private void removed(@Nullable BlockKey key, @Nullable BlockFile file, RemovalCause cause) {
        if (cause.wasEvicted()) {
            counters.evictions.increment();
        }
        if (file != null) {
            delete(file.path());
        }
    }

    private void delete(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            counters.diskFailures.increment(); // the next start deletes it
        }
    }

    @Override
    public boolean contains(BlockKey key) {
        return index.asMap().containsKey(key) || writes.get(key).isPresent();
    }

    @Override
    public Optional<ByteBuffer> read(BlockKey key, int from, int length) {
        BlockFile file = index.getIfPresent(key);
        if (file == null) {
            return writes.get(key).map(block -> copy(block, from, length));
        }
        ByteBuffer bytes = ByteBuffer.allocate(length);
        try (FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.READ)) {
            while (bytes.hasRemaining()
                    && channel.read(bytes, (long) from + bytes.position()) >= 0) {}
        } catch (IOException e) {
            bytes.position(0); // evicted just now, or wiped: as if it was never there
        }
        if (bytes.hasRemaining()) {
            if (index.asMap().remove(key, file)) {
                counters.diskDamaged.increment();
            }
            return Optional.empty();
        }
        return Optional.of(bytes.flip());
    }

    /// Of its own, as if it came from a file: a slice would hold on to all that came with it.
    private static ByteBuffer copy(ByteBuffer block, int from, int length) {
        return ByteBuffer.allocate(length).put(0, block, block.position() + from, length);
    }

    @Override
    public void keep(Arrived arrived) {
        if (!writes.offer(arrived)) {
            counters.diskSkipped.increment();
        }
    }

    @Override
    public boolean keepsUp() {
        return !writes.isHalfFull();
    }

    private void write(BlockKey key, ByteBuffer bytes) {
        Path path = directory.resolve(nextName.getAndIncrement() + SUFFIX);
        try {
            try {
                writeFile(path, bytes);
            } catch (NoSuchFileException e) {
                Files.createDirectories(directory);
                writeFile(path, bytes);
            }
        } catch (IOException e) {
            counters.diskFailures.increment();
            delete(path);
            return;
        }
        index.put(key, new BlockFile(path, bytes.remaining()));
    }

    private static void writeFile(Path path, ByteBuffer bytes) throws IOException {
        ByteBuffer rest = bytes.duplicate();
        try (FileChannel channel =
                FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
        }
    }

    @Override
    public void drop(BlockKey key) {
        writes.drop(key);
        index.invalidate(key);
    }

    @Override
    public long bytes() {
        index.cleanUp();
        return index.policy().eviction().orElseThrow().weightedSize().orElseThrow();
    }
}
