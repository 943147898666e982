// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.file;

import io.varve.objectstore.ObjectStoreException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.util.List;

/// What the operating system's errors mean to a caller. The JDK gives most of them as text only, so
/// the texts of glibc and macOS are matched; what is not recognised is
/// [ObjectStoreException.Transient].
final class FileErrors {
    private static final List<String> NO_SPACE =
            List.of(
                    "No space left on device",
                    "Disk quota exceeded",
                    "Disc quota exceeded",
                    "File too large");
    private static final List<String> REFUSED =
            List.of(
                    "Read-only file system",
                    "Operation not permitted",
                    "Permission denied",
                    "File name too long");
    private static final List<String> UNSUPPORTED =
            List.of(
                    "Operation not permitted",
                    "Operation not supported",
                    "Not supported",
                    "Function not implemented");

    private FileErrors() {}

    /// @param action what was being done, as `put: key=a/b`
    static ObjectStoreException translate(String action, IOException cause) {
        if (cause instanceof ObjectStoreException known) {
            return known;
        }
        if (says(cause, NO_SPACE)) {
            return new ObjectStoreException.Denied(
                    "no space left for the bucket: " + action + ", error=" + cause.getMessage(),
                    cause);
        }
        if (cause instanceof AccessDeniedException || says(cause, REFUSED)) {
            return new ObjectStoreException.Denied(
                    "the file system refused: " + action + ", error=" + reason(cause), cause);
        }
        if (cause instanceof AtomicMoveNotSupportedException) {
            return new ObjectStoreException.Denied(
                    "the bucket spans two file systems: "
                            + action
                            + ", error="
                            + cause.getMessage(),
                    cause);
        }
        return new ObjectStoreException.Transient(
                "file system error: " + action + ", error=" + reason(cause), cause);
    }

    /// Whether an error of link(2) says that this file system has no hard links at all.
    static boolean saysNoLinks(FileSystemException error) {
        return error.getClass() == FileSystemException.class && says(error, UNSUPPORTED);
    }

    private static String reason(IOException cause) {
        return cause instanceof AccessDeniedException denied
                ? "permission denied, path=" + denied.getFile()
                : cause.toString();
    }

    private static boolean says(IOException cause, List<String> texts) {
        String message = cause.getMessage();
        return message != null && texts.stream().anyMatch(message::contains);
    }
}
