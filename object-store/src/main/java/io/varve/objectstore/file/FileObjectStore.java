// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.file;

import io.varve.objectstore.ByteRange;
import io.varve.objectstore.DeleteResult;
import io.varve.objectstore.EnclosingObject;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectKeys;
import io.varve.objectstore.ObjectSlice;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.StoreTraits;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A bucket in a directory, shared by any number of processes: an object is a file, a key's parts
/// are folders.
///
/// A put writes and fsyncs a file in `.tmp`, then gives it its name (a hard link if absent, a
/// rename to overwrite), then fsyncs the folders up to the bucket. A crash before the name leaves a
/// temporary file that no listing shows and that a later [#open] removes; a crash after it leaves
/// the whole object. A delete removes folders that it has emptied, and a put that meets a vanished
/// folder makes it again. The bucket's own directory is made by [#openOrCreate] only, so that an
/// unmounted disk is noticed. A put that would fill the disk is refused ([DiskReserve]).
///
/// Symbolic links below the bucket's directory are not followed: they are neither objects nor
/// folders. Calls take as long as the file system takes; there is no other deadline. Thread-safe.
public final class FileObjectStore implements ObjectStore {
    private static final Logger LOG = LoggerFactory.getLogger(FileObjectStore.class);

    /// How often a put makes folders again that racing deletes remove, before it gives up with a
    /// transient error.
    static final int FOLDER_ATTEMPTS_MAX = 100;

    /// A larger read would make the JDK keep a direct buffer of that size per thread.
    private static final int READ_BYTES_MAX = 1 << 20;

    private final Path root;
    private final String url;
    private final Folders folders;
    private final TemporaryFiles temporaryFiles;
    private final NameClaim nameClaim;
    private final DiskReserve reserve;
    private final FileWriter writer = new FileWriter();

    FileObjectStore(
            Folders folders,
            TemporaryFiles temporaryFiles,
            NameClaim nameClaim,
            DiskReserve reserve) {
        this.root = folders.root();
        String path = root.toUri().getRawPath();
        this.url =
                "file://"
                        + (path.length() > 1 && path.endsWith("/")
                                ? path.substring(0, path.length() - 1)
                                : path);
        this.folders = folders;
        this.temporaryFiles = temporaryFiles;
        this.nameClaim = nameClaim;
        this.reserve = reserve;
    }

    /// Opens the bucket in an existing directory and removes what crashed puts have left in it.
    ///
    /// @param clock the host's clock, for where the file system's own cannot be asked
    /// @throws ObjectStoreException.NotFound there is no such directory
    public static FileObjectStore open(Path directory, InstantSource clock)
            throws ObjectStoreException {
        try {
            if (!Files.isDirectory(directory)) {
                throw Folders.missingRoot(directory);
            }
            Folders folders = new Folders(directory.toRealPath());
            TemporaryFiles temporaryFiles = new TemporaryFiles(folders, clock);
            temporaryFiles.removeLeftovers();
            NameClaim nameClaim = NameClaim.linkedElseLocked(temporaryFiles.lockFile());
            return new FileObjectStore(
                    folders, temporaryFiles, nameClaim, DiskReserve.of(folders.root()));
        } catch (IOException e) {
            throw FileErrors.translate("open: directory=" + directory, e);
        }
    }

    /// As [#open], but makes the directory, durably, where it is missing.
    public static FileObjectStore openOrCreate(Path directory, InstantSource clock)
            throws ObjectStoreException {
        Path wanted = directory.toAbsolutePath().normalize();
        try {
            createDurably(wanted);
        } catch (IOException e) {
            throw FileErrors.translate("create: directory=" + directory, e);
        }
        return open(wanted, clock);
    }

    private static void createDurably(Path directory) throws IOException {
        Path parent = directory.getParent();
        if (parent == null || Files.isDirectory(directory)) {
            return;
        }
        createDurably(parent);
        try {
            Files.createDirectory(directory);
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory)) {
                throw new ObjectStoreException.Denied(
                        "bucket directory is a file: directory=" + directory, e);
            }
        }
        Folders.sync(parent);
    }

    @Override
    public ObjectInfo put(String key, ObjectBody body, PutMode mode) throws ObjectStoreException {
        Path target = root.resolve(ObjectKeys.check(key));
        try {
            Path file = temporaryFiles.create();
            boolean temporary = true;
            try {
                reserve.check(key, body.bytes());
                writer.write(file, body);
                Instant modified = Files.getLastModifiedTime(file).toInstant();
                temporary = publish(file, target, mode);
                folders.syncUp(folders.folderOf(target));
                return new ObjectInfo(key, body.bytes(), modified);
            } finally {
                if (temporary) {
                    TemporaryFiles.discard(file);
                }
            }
        } catch (FileAlreadyExistsException e) {
            throw new ObjectStoreException.AlreadyExists("object exists: key=" + key, e);
        } catch (IOException e) {
            throw FileErrors.translate("put: key=" + key + ", bytes=" + body.bytes(), e);
        }
    }

    /// Gives the file its name, making the folders that are missing.
    ///
    /// @return whether the file has its temporary name too
    /// @throws FileAlreadyExistsException mode is if-absent and there is an object
    private boolean publish(Path file, Path target, PutMode mode) throws IOException {
        for (int attempt = 0; attempt < FOLDER_ATTEMPTS_MAX; attempt++) {
            try {
                folders.create(folders.folderOf(target));
                return switch (mode) {
                    case IF_ABSENT -> nameClaim.claim(file, target);
                    case OVERWRITE -> {
                        Files.move(file, target, StandardCopyOption.ATOMIC_MOVE);
                        yield false;
                    }
                };
            } catch (NoSuchFileException e) {
                checkStillThere(file);
            } catch (FileSystemException e) {
                if (!Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
                    throw e;
                }
                removeEmptyFolder(target);
            }
        }
        throw new ObjectStoreException.Transient(
                "folders vanish as fast as they are made: path="
                        + target
                        + ", attempts="
                        + FOLDER_ATTEMPTS_MAX,
                null);
    }

    private void checkStillThere(Path file) throws IOException {
        folders.checkRoot();
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new ObjectStoreException.Transient("temporary file vanished: file=" + file, null);
        }
    }

    /// A folder of the key's name is in the way. An empty one, left by a crash or a racing delete,
    /// is removed.
    private static void removeEmptyFolder(Path folder) throws IOException {
        try {
            Files.deleteIfExists(folder);
        } catch (DirectoryNotEmptyException e) {
            throw new ObjectStoreException.Denied(
                    "the key is the folder of other objects: path=" + folder, e);
        }
    }

    @Override
    public ObjectSlice get(String key, ByteRange range) throws ObjectStoreException {
        Path file = root.resolve(ObjectKeys.check(key));
        try {
            if (attributes(file).isEmpty()) {
                throw notFound(key, null);
            }
            try (FileChannel channel =
                    FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
                long objectBytes = channel.size();
                ByteRange.Resolved part = range.resolve(key, objectBytes);
                return new ObjectSlice(read(channel, part), part.position(), objectBytes);
            }
        } catch (NoSuchFileException e) {
            throw notFound(key, e);
        } catch (IOException e) {
            throw FileErrors.translate("get: key=" + key + ", range=" + range, e);
        }
    }

    private static ObjectStoreException notFound(String key, @Nullable IOException cause) {
        return new ObjectStoreException.NotFound("no such object: key=" + key, cause);
    }

    private static ByteBuffer read(FileChannel channel, ByteRange.Resolved part)
            throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(part.length());
        while (bytes.position() < part.length()) {
            bytes.limit(Math.min(part.length(), bytes.position() + READ_BYTES_MAX));
            if (channel.read(bytes, part.position() + bytes.position()) < 0) {
                throw new EOFException(
                        "object ends early: position=" + (part.position() + bytes.position()));
            }
        }
        return bytes.flip();
    }

    @Override
    public Optional<ObjectInfo> head(String key) throws ObjectStoreException {
        Path file = root.resolve(ObjectKeys.check(key));
        try {
            return attributes(file)
                    .map(found ->
                            new ObjectInfo(
                                    key, found.size(), found.lastModifiedTime().toInstant()));
        } catch (IOException e) {
            throw FileErrors.translate("head: key=" + key, e);
        }
    }

    /// The attributes of an object; empty when there is none.
    private Optional<BasicFileAttributes> attributes(Path file) throws IOException {
        folders.checkRoot();
        if (!folders.isInside(folders.folderOf(file))) {
            return Optional.empty();
        }
        try {
            var found =
                    Files.readAttributes(
                            file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return Optional.of(found).filter(BasicFileAttributes::isRegularFile);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    @Override
    public List<ObjectInfo> list(String prefix, String startAfter, int maxKeys)
            throws ObjectStoreException {
        ObjectKeys.checkListing(prefix, startAfter, maxKeys);
        try {
            folders.checkRoot();
            return new KeyWalk(folders, prefix, startAfter, maxKeys).walk();
        } catch (IOException e) {
            throw FileErrors.translate("list: prefix=" + prefix + ", startAfter=" + startAfter, e);
        }
    }

    @Override
    public Map<String, DeleteResult> delete(Collection<String> keys) throws ObjectStoreException {
        ObjectKeys.checkBatch(keys);
        Map<String, DeleteResult> results = LinkedHashMap.newLinkedHashMap(keys.size());
        Set<Path> touched = new LinkedHashSet<>();
        try {
            folders.checkRoot();
            for (String key : keys) {
                results.put(key, deleteOne(key, touched));
            }
            for (Path folder : touched) {
                folders.syncUp(folder);
                folders.removeEmpty(folder);
            }
            return results;
        } catch (IOException e) {
            throw FileErrors.translate("delete: keys=" + keys.size() + ", directory=" + root, e);
        }
    }

    private DeleteResult deleteOne(String key, Set<Path> touched) {
        Path file = root.resolve(key);
        try {
            if (attributes(file).isPresent() && Files.deleteIfExists(file)) {
                touched.add(folders.folderOf(file));
            }
            return new DeleteResult.Deleted();
        } catch (DirectoryNotEmptyException e) {
            return new DeleteResult.Deleted(); // the object went and became a folder meanwhile
        } catch (IOException e) {
            return new DeleteResult.Failed(FileErrors.translate("delete: key=" + key, e));
        }
    }

    @Override
    public Instant serverTime() throws ObjectStoreException {
        try {
            return temporaryFiles.fileSystemTime();
        } catch (IOException e) {
            throw FileErrors.translate("serverTime: directory=" + root, e);
        }
    }

    @Override
    public String url() {
        return url;
    }

    @Override
    public Optional<Path> directory() {
        return Optional.of(root);
    }

    @Override
    public StoreTraits traits() {
        return StoreTraits.PLAIN;
    }

    @Override
    public List<EnclosingObject> enclosing(String name) {
        List<EnclosingObject> found = new ArrayList<>();
        @Nullable Path folder = root.getParent();
        for (int looked = 0; looked < EnclosingObject.FOLDERS_MAX && folder != null; looked++) {
            Optional<byte[]> content = small(folder.resolve(name));
            if (content.isPresent()) {
                found.add(new EnclosingObject("directory=" + folder, content.get()));
            }
            folder = folder.getParent();
        }
        return found;
    }

    /// Folders above the bucket may be closed to us, and what is not a file there is no object.
    private static Optional<byte[]> small(Path file) {
        try {
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                    || Files.size(file) > EnclosingObject.BYTES_MAX) {
                return Optional.empty();
            }
            return Optional.of(Files.readAllBytes(file));
        } catch (IOException e) {
            LOG.debug("cannot read above the bucket: file={}, error={}", file, e.getMessage());
            return Optional.empty();
        }
    }

    @Override
    public void close() {}
}
