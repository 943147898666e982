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
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// The files of the disk cache: one per block, names never used twice, so an open file stays what
/// it was while eviction unlinks it. Starts empty: what an earlier process left is deleted. Checks
/// no content. Thread-safe; a folder that is wiped while it runs only costs misses.
final class BlockFiles {
    private static final String SUFFIX = ".block";

    private record BlockFile(Path path, int length) {}

    private final Path directory;
    private final ColdCounters counters;
    private final AtomicLong nextName = new AtomicLong();
    private final Cache<BlockKey, BlockFile> index;

    BlockFiles(Path directory, long bytesMax, ColdCounters counters) throws IOException {
        this.directory = directory;
        this.counters = counters;
        Files.createDirectories(directory);
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
            for (Path leftover : leftovers) {
                Files.deleteIfExists(leftover);
            }
        }
        this.index =
                Caffeine.newBuilder()
                        .maximumWeight(bytesMax)
                        .weigher((BlockKey _, BlockFile file) -> file.length())
                        .executor(Runnable::run)
                        .removalListener(this::removed)
                        .build();
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

    boolean contains(BlockKey key) {
        return index.asMap().containsKey(key);
    }

    /// Bytes `[from, from + length)` of a block, in a buffer of their own; empty when the block is
    /// not cached, or its file is gone or short.
    Optional<ByteBuffer> read(BlockKey key, int from, int length) {
        BlockFile file = index.getIfPresent(key);
        if (file == null) {
            return Optional.empty();
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

    /// Keeps a block's bytes, unless that fails: then it is not cached.
    void write(BlockKey key, ByteBuffer bytes) {
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

    /// Forgets a block whose bytes turned out to be wrong.
    void drop(BlockKey key) {
        index.invalidate(key);
    }

    /// Bytes of all cached files.
    long bytes() {
        index.cleanUp();
        return index.policy().eviction().orElseThrow().weightedSize().orElseThrow();
    }
}
