// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.file;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.objectstore.ByteRange;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a bucket in a directory makes of the traces that crashes, other processes and people leave
/// in it.
final class FileBucketCrashTest {
    @TempDir Path scratch;

    private Path bucket;
    private Path temporary;
    private ObjectStore store;

    @BeforeEach
    void openStore() throws IOException {
        bucket = scratch.resolve("bucket");
        temporary = bucket.resolve(".tmp");
        store = FileObjectStore.openOrCreate(bucket, InstantSource.system());
    }

    @Test
    void leavesNoTemporaryFileAfterAPutThatFailsOrNot() throws IOException {
        put("a/k", "x");
        assertThatThrownBy(() -> put("a/k", "y"))
                .isInstanceOf(ObjectStoreException.AlreadyExists.class);
        store.put("a/k", body("z"), PutMode.OVERWRITE);
        assertThatThrownBy(() ->
                        store.put(
                                "b",
                                ObjectBody.ofFile(scratch.resolve("none"), 3, 0),
                                PutMode.IF_ABSENT))
                .isInstanceOf(ObjectStoreException.Denied.class);
        store.serverTime();

        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void leavesAloneATemporaryNameThatItHasGivenUp() throws IOException {
        Folders folders = new Folders(bucket.toRealPath());
        TemporaryFiles files = new TemporaryFiles(folders, InstantSource.system());
        put("make", "the temporary folder");
        NameClaim takenAtOnce =
                (file, target) -> {
                    boolean temporaryNameToo =
                            NameClaim.locked(files.lockFile()).claim(file, target);
                    Files.createFile(file);
                    return temporaryNameToo;
                };

        new FileObjectStore(folders, files, takenAtOnce, DiskReserve.of(folders.root()))
                .put("a", body("x"), PutMode.IF_ABSENT);

        assertThat(read("a")).isEqualTo("x");
        assertThat(temporary).isDirectoryContaining(path -> !path.endsWith("lock"));
    }

    @Test
    void showsNoUnfinishedPutAndStoresTheObjectAnew() throws IOException {
        put("a/1", "x");
        Files.writeString(temporary.resolve("1-2-3"), "half of an obj");
        Files.createDirectories(bucket.resolve("a/b/c"));

        ObjectStore reopened = FileObjectStore.open(bucket, InstantSource.system());

        assertThat(reopened.list("", "", 10)).extracting(ObjectInfo::key).containsExactly("a/1");
        assertThat(reopened.head("a/b/c")).isEmpty();
        reopened.put("a/b/c", body("whole"), PutMode.IF_ABSENT);
        assertThat(read("a/b/c")).isEqualTo("whole");
    }

    @Test
    void removesOldUnfinishedPutsWhenOpenedButNotThoseThatMayBeRunning() throws IOException {
        put("a", "x");
        Instant now = store.serverTime();
        Path old = Files.writeString(temporary.resolve("1-2-3"), "old");
        Path running = Files.writeString(temporary.resolve("1-2-4"), "running");
        Files.setLastModifiedTime(
                old, FileTime.from(now.minus(TemporaryFiles.LEFTOVER_AGE).minusSeconds(60)));
        Files.setLastModifiedTime(
                running,
                FileTime.from(now.minus(TemporaryFiles.LEFTOVER_AGE).plus(Duration.ofMinutes(5))));
        Path lock = Files.writeString(temporary.resolve("lock"), "");
        Files.setLastModifiedTime(lock, FileTime.from(Instant.EPOCH));

        FileObjectStore.open(bucket, InstantSource.system());

        assertThat(old).doesNotExist();
        assertThat(running).exists();
        assertThat(lock).exists();
        assertThat(read("a")).isEqualTo("x");
    }

    @Test
    void makesTheFoldersAgainThatOthersHaveRemoved() throws IOException {
        put("a/b/1", "x");
        store.delete(List.of("a/b/1"));
        Files.delete(temporary);

        put("a/b/1", "y");

        assertThat(read("a/b/1")).isEqualTo("y");
    }

    @Test
    void removesFoldersThatItsDeletesHaveEmptiedAndNoOthers() throws IOException {
        put("a/b/c/1", "x");
        put("a/b/c/2", "x");
        put("a/3", "x");

        store.delete(List.of("a/b/c/1"));
        assertThat(bucket.resolve("a/b/c")).isDirectory();
        store.delete(List.of("a/b/c/2"));
        assertThat(bucket.resolve("a/b")).doesNotExist();
        assertThat(bucket.resolve("a")).isDirectory();
        store.delete(List.of("a/3"));
        assertThat(bucket.resolve("a")).doesNotExist();
        assertThat(bucket).isDirectory();
    }

    @Test
    void deniesAKeyThatIsAFolderOfOthersOrBelowAnObject() throws IOException {
        put("d/e", "x");

        for (PutMode mode : PutMode.values()) {
            assertThatThrownBy(() -> store.put("d", body("y"), mode))
                    .isInstanceOf(ObjectStoreException.Denied.class);
            assertThatThrownBy(() -> store.put("d/e/f", body("y"), mode))
                    .isInstanceOf(ObjectStoreException.Denied.class);
        }
        assertThat(read("d/e")).isEqualTo("x");
        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void saysThatTheBucketIsGoneAndNeverMakesItAgain() throws IOException {
        put("a", "x");
        try (Stream<Path> files = Files.walk(bucket)) {
            for (Path each : files.sorted((left, right) -> right.compareTo(left)).toList()) {
                Files.delete(each);
            }
        }

        List<ThrowingRunnable> calls =
                List.of(
                        () -> put("a", "x"),
                        () -> read("a"),
                        () -> store.head("a"),
                        () -> store.list("", "", 1),
                        () -> store.delete(List.of("a")),
                        () -> store.serverTime());
        for (ThrowingRunnable call : calls) {
            assertThatThrownBy(call::run)
                    .isInstanceOf(ObjectStoreException.NotFound.class)
                    .hasMessageContaining("bucket directory does not exist");
        }
        assertThat(bucket).doesNotExist();
    }

    @Test
    void followsNoSymbolicLink() throws IOException {
        Path outside = Files.createDirectory(scratch.resolve("outside"));
        Path secret = Files.writeString(outside.resolve("secret"), "secret");
        put("a", "x");
        Files.createSymbolicLink(bucket.resolve("link"), outside);
        Files.createSymbolicLink(bucket.resolve("file"), secret);

        for (String key : List.of("link/secret", "file")) {
            assertThat(store.head(key)).isEmpty();
            assertThatThrownBy(() -> read(key)).isInstanceOf(ObjectStoreException.NotFound.class);
        }
        assertThat(store.list("", "", 10)).extracting(ObjectInfo::key).containsExactly("a");
        assertThat(store.list("link/", "", 10)).isEmpty();
        assertThatThrownBy(() -> put("link/new", "x"))
                .isInstanceOf(ObjectStoreException.Denied.class);
        store.delete(List.of("link/secret", "file"));
        assertThat(outside).isDirectoryContaining(path -> path.equals(secret));
        assertThat(secret).hasContent("secret");
    }

    @Test
    void doesNotListFilesWhoseNamesAreNoKeys() throws IOException {
        put("a", "x");
        Files.writeString(bucket.resolve("with space"), "x");
        Files.writeString(bucket.resolve("p".repeat(255)), "x");

        assertThat(store.list("", "", 10)).extracting(ObjectInfo::key).containsExactly("a");
    }

    @Test
    void readsForAPageOnlyTheFoldersThatHoldIt() throws IOException {
        for (int folder = 0; folder < 30; folder++) {
            Path made = Files.createDirectories(bucket.resolve("t/%02d".formatted(folder)));
            for (int file = 0; file < 12; file++) {
                Files.createFile(made.resolve("%02d".formatted(file)));
            }
        }

        KeyWalk walk = new KeyWalk(new Folders(bucket.toRealPath()), "t/", "t/15/05", 10);

        assertThat(walk.walk())
                .hasSize(10)
                .first()
                .extracting(ObjectInfo::key)
                .isEqualTo("t/15/06");
        assertThat(walk.foldersRead()).isEqualTo(3);
        // The ten, their two folders, and t/15/05, which might be a folder.
        assertThat(walk.filesLookedAt()).isEqualTo(13);
    }

    private void put(String key, String content) throws IOException {
        store.put(key, body(content), PutMode.IF_ABSENT);
    }

    private String read(String key) throws IOException {
        return US_ASCII.decode(store.get(key, ByteRange.tail(100)).bytes()).toString();
    }

    private static ObjectBody body(String content) {
        return ObjectBody.of(content.getBytes(US_ASCII));
    }

    @FunctionalInterface
    private interface ThrowingRunnable {
        void run() throws IOException;
    }
}
