// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// The store failed; the subtype says what to do. Messages carry the key and the store's words,
/// never credentials.
public abstract sealed class ObjectStoreException extends IOException {
    private static final long serialVersionUID = 1L;

    private ObjectStoreException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /// Time-out, throttling, broken connection, 5xx: the outcome is unknown; read before acting,
    /// then try again later.
    public static final class Transient extends ObjectStoreException {
        private static final long serialVersionUID = 1L;

        public Transient(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /// There is no such object (or no such bucket: the message says which).
    public static final class NotFound extends ObjectStoreException {
        private static final long serialVersionUID = 1L;

        public NotFound(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /// A put-if-absent met an object: read it and decide whose it is.
    public static final class AlreadyExists extends ObjectStoreException {
        private static final long serialVersionUID = 1L;

        public AlreadyExists(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /// The range starts behind the object's end: the caller's idea of the object's size is wrong.
    public static final class InvalidRange extends ObjectStoreException {
        private static final long serialVersionUID = 1L;

        public InvalidRange(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /// Credentials, permissions, a read-only bucket, a checksum refused, no space: stop and tell a
    /// human.
    public static final class Denied extends ObjectStoreException {
        private static final long serialVersionUID = 1L;

        public Denied(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }
}
