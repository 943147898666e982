// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// A read from the bucket that failed; the subtype says what to tell the client.
public abstract sealed class ColdReadException extends IOException {
    private static final long serialVersionUID = 1L;

    private ColdReadException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /// The bytes are not those that were archived. Names the object and the chunk. The client gets
    /// an error, never wrong data; trying again fails again until somebody repairs the object.
    public static final class CorruptCold extends ColdReadException {
        private static final long serialVersionUID = 1L;

        public CorruptCold(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /// The store is away, refuses, or holds a format that is too new; or too many reads are under
    /// way. Trying again later may work.
    public static final class Unavailable extends ColdReadException {
        private static final long serialVersionUID = 1L;

        public Unavailable(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /// An object is not there although the newest manifest, or the journals, name it.
    public static final class MissingObject extends ColdReadException {
        private static final long serialVersionUID = 1L;

        public MissingObject(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /// The offset was deleted meanwhile: the log starts behind it.
    public static final class Gone extends ColdReadException {
        private static final long serialVersionUID = 1L;

        private final long logStart;

        public Gone(String message, long logStart) {
            super(message, null);
            this.logStart = logStart;
        }

        /// First offset that exists.
        public long logStart() {
            return logStart;
        }
    }
}
