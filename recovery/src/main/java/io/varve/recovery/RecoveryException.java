// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.CorruptObjectException;

/// It cannot be done, and the message says what, where and what to do: no cluster in the bucket,
/// the old cluster lives, something is lost and the loss was not accepted. The bucket is as whole
/// as before.
public final class RecoveryException extends Exception {
    private static final long serialVersionUID = 1L;

    public RecoveryException(String message) {
        super(message);
    }

    private RecoveryException(String message, Throwable cause) {
        super(message, cause);
    }

    /// An object without which nothing can be planned is damaged.
    static RecoveryException damaged(CorruptObjectException e) {
        return new RecoveryException(
                "the bucket is damaged: "
                        + e.getMessage()
                        + "; bring that object back from the store's own versions or a backup",
                e);
    }
}
