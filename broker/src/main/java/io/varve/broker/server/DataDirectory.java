// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.broker.log.DurableFile;
import io.varve.manifest.ShardId;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The broker's directory on local disk: one process at a time, one identity for its life.
///
/// ```
/// varve.properties   identity, written last when the directory is formatted
/// .lock              held while a broker runs
/// raft/              Raft's own log and metadata
/// shards/            one folder a shard: the shard log and the local checkpoint
/// cache/             chunks of cold objects; may be wiped at any time
/// ballast            takes room that a full disk frees; may be deleted at any time
/// ```
///
/// Owner: the starting thread.
public final class DataDirectory implements AutoCloseable {
    private static final String IDENTITY_FILE = "varve.properties";
    private static final Pattern SHARD_FOLDER = Pattern.compile("([0-9]+)-([0-9]+)-([0-9]+)");

    private final Path root;
    private final FileChannel lockChannel;
    private final FileLock lock;

    private DataDirectory(Path root, FileChannel lockChannel, FileLock lock) {
        this.root = root;
        this.lockChannel = lockChannel;
        this.lock = lock;
    }

    /// Makes the directory when it is missing, and locks it.
    public static DataDirectory open(Path root) throws BrokerStartException {
        try {
            Files.createDirectories(root);
            FileChannel channel =
                    FileChannel.open(
                            root.resolve(".lock"),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE);
            FileLock lock = tryLock(channel);
            if (lock == null) {
                channel.close();
                throw new BrokerStartException(
                        "data directory is in use by another broker process: log.dirs="
                                + root
                                + "; stop that process or choose another directory");
            }
            return new DataDirectory(root, channel, lock);
        } catch (IOException e) {
            throw new BrokerStartException(
                    "cannot use data directory: log.dirs="
                            + root
                            + ", error="
                            + e
                            + "; check path and rights",
                    e);
        }
    }

    private static @org.jspecify.annotations.Nullable FileLock tryLock(FileChannel channel)
            throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    public Path root() {
        return root;
    }

    public Path raft() {
        return root.resolve("raft");
    }

    /// Whether a broker ever served from here: Raft began only after the bucket was told of the
    /// cluster.
    boolean served() {
        return Files.exists(raft());
    }

    /// Size of the disk that holds the directory.
    long diskBytes() throws IOException {
        return Files.getFileStore(root).getTotalSpace();
    }

    public Path cache() {
        return root.resolve("cache");
    }

    Path ballast() {
        return root.resolve("ballast");
    }

    public Path shard(ShardId shard) {
        return root.resolve("shards")
                .resolve(shard.generation() + "-" + shard.shard() + "-" + shard.incarnation());
    }

    /// Shards of a generation that have a folder here.
    List<ShardId> shards(int generation) throws IOException {
        Path folder = root.resolve("shards");
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> folders = Files.list(folder)) {
            return folders.map(each -> SHARD_FOLDER.matcher(each.getFileName().toString()))
                    .filter(Matcher::matches)
                    .map(name ->
                            new ShardId(
                                    Integer.parseInt(name.group(1)),
                                    Integer.parseInt(name.group(2)),
                                    Integer.parseInt(name.group(3))))
                    .filter(shard -> shard.generation() == generation)
                    .toList();
        }
    }

    /// The identity, or empty when the directory was never formatted (or not to its end: then
    /// nothing in it counts).
    public Optional<DirectoryIdentity> identity() throws BrokerStartException {
        Path file = root.resolve(IDENTITY_FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            Properties properties = new Properties();
            properties.load(new StringReader(Files.readString(file)));
            return Optional.of(DirectoryIdentity.fromProperties(properties));
        } catch (IOException | IllegalArgumentException e) {
            throw new BrokerStartException(
                    "cannot read the directory's identity: file="
                            + file
                            + ", error="
                            + e.getMessage()
                            + "; restore the file from a copy, or move the directory away and recover from the bucket",
                    e);
        }
    }

    /// Writes the identity: from here on the directory is formatted. Durable when this returns.
    public void format(DirectoryIdentity identity) throws BrokerStartException {
        Path file = root.resolve(IDENTITY_FILE);
        Path temporary = root.resolve(IDENTITY_FILE + ".new");
        StringWriter text = new StringWriter();
        try {
            identity.toProperties()
                    .store(text, "identity of this varve data directory: do not edit or copy");
            DurableFile.replace(file, temporary, text.toString().getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new BrokerStartException(
                    "cannot format data directory: log.dirs=" + root + ", error=" + e, e);
        }
    }

    /// Releases the lock. Idempotent.
    @Override
    public void close() {
        try {
            if (lock.isValid()) {
                lock.release();
            }
            lockChannel.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("cannot release the lock of " + root, e);
        }
    }
}
