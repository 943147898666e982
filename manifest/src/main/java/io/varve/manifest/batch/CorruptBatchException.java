// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.batch;

import io.varve.manifest.CorruptObjectException;

/// Bytes that are no record batch: cut short, wrong length, wrong magic, wrong checksum. The
/// message names position and fact. For bytes from a client this is the client's error
/// (CORRUPT_MESSAGE), for stored bytes it is damage.
public final class CorruptBatchException extends CorruptObjectException {
    private static final long serialVersionUID = 1L;

    public CorruptBatchException(String message) {
        super(message);
    }

    public CorruptBatchException(String message, Throwable cause) {
        super(message, cause);
    }
}
