// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

/// It cannot be done, and the message says what, where and what to do: no cluster in the bucket,
/// the old cluster lives, something is lost and the loss was not accepted. The bucket is as whole
/// as before.
public final class RecoveryException extends Exception {
    private static final long serialVersionUID = 1L;

    public RecoveryException(String message) {
        super(message);
    }
}
