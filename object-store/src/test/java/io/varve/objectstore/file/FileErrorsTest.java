// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.varve.objectstore.ByteRange;
import io.varve.objectstore.DeleteResult;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileErrorsTest {
    @TempDir Path scratch;

    @Test
    void deniesWhatOnlyAHumanCanMend() {
        List<IOException> errors =
                List.of(
                        new AccessDeniedException("/bucket/a"),
                        new FileSystemException("/bucket/a", null, "Read-only file system"),
                        new FileSystemException("/bucket/a", null, "Operation not permitted"),
                        new FileSystemException("/bucket/a", null, "Disk quota exceeded"),
                        new AtomicMoveNotSupportedException(
                                "/bucket/a", "/bucket/b", "Invalid cross-device link"),
                        new IOException("No space left on device"));

        for (IOException error : errors) {
            assertThat(FileErrors.translate("put: key=a", error))
                    .isInstanceOf(ObjectStoreException.Denied.class)
                    .hasMessageContaining("put: key=a")
                    .hasCause(error);
        }
    }

    @Test
    void takesEveryOtherErrorForOneThatMayPass() {
        for (IOException error :
                List.of(
                        new IOException("Input/output error"),
                        new FileSystemException("/bucket/a", null, "Too many open files"),
                        new FileSystemException("/bucket/a", null, "Stale file handle"),
                        new IOException())) {
            assertThat(FileErrors.translate("get: key=a", error))
                    .isInstanceOf(ObjectStoreException.Transient.class);
        }
    }

    @Test
    void saysNoSpaceForTheErrorThatAFullDeviceReallyGives() {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.isWritable(full), "this system has no /dev/full");

        IOException error =
                catchThrowableOfType(
                        IOException.class,
                        () -> {
                            try (FileChannel channel =
                                    FileChannel.open(full, StandardOpenOption.WRITE)) {
                                channel.write(ByteBuffer.allocate(1));
                            }
                        });

        assertThat(FileErrors.translate("put: key=a", error))
                .isInstanceOf(ObjectStoreException.Denied.class)
                .hasMessageContaining("no space left");
    }

    @Test
    void deniesWithoutPermissionInsteadOfSayingThatNothingIsThere() throws IOException {
        FileObjectStore store = FileObjectStore.open(scratch, InstantSource.system());
        store.put("a/b/k", ObjectBody.of(new byte[3]), PutMode.IF_ABSENT);
        Path folder = scratch.resolve("a");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("---------"));
        try {
            assumeFalse(Files.isReadable(folder), "this user may read everything");

            assertThatThrownBy(() ->
                            store.put("a/b/new", ObjectBody.of(new byte[3]), PutMode.IF_ABSENT))
                    .isInstanceOf(ObjectStoreException.Denied.class)
                    .hasMessageContaining("permission denied");
            assertThatThrownBy(() -> store.get("a/b/k", ByteRange.tail(1)))
                    .isInstanceOf(ObjectStoreException.Denied.class);
            assertThatThrownBy(() -> store.head("a/b/k"))
                    .isInstanceOf(ObjectStoreException.Denied.class);
            assertThatThrownBy(() -> store.list("", "", 10))
                    .isInstanceOf(ObjectStoreException.Denied.class);
            assertThat(store.delete(List.of("a/b/k")).get("a/b/k"))
                    .isInstanceOfSatisfying(
                            DeleteResult.Failed.class,
                            failed ->
                                    assertThat(failed.error())
                                            .isInstanceOf(ObjectStoreException.Denied.class));
        } finally {
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        }
        assertThat(store.head("a/b/k")).isPresent();
    }

    @Test
    void opensAReadOnlyBucketForReading() throws IOException {
        FileObjectStore writer = FileObjectStore.open(scratch, InstantSource.system());
        writer.put("k", ObjectBody.of(new byte[3]), PutMode.IF_ABSENT);
        List<Path> folders = List.of(scratch, scratch.resolve(".tmp"));
        for (Path folder : folders) {
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("r-x------"));
        }
        try {
            assumeFalse(Files.isWritable(scratch), "this user may write everything");

            FileObjectStore reader = FileObjectStore.open(scratch, InstantSource.system());

            assertThat(reader.head("k")).isPresent();
            assertThat(reader.serverTime()).isNotNull();
            assertThatThrownBy(
                            () -> reader.put("new", ObjectBody.of(new byte[3]), PutMode.IF_ABSENT))
                    .isInstanceOf(ObjectStoreException.Denied.class);
        } finally {
            for (Path folder : folders) {
                Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
            }
        }
    }
}
