// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest;

/// Bytes that are not what they claim to be: wrong magic, length, checksum, identity or a broken
/// invariant. Never retried; what it was read for is fenced, the process goes on. The message names
/// the object and the fact.
public class CorruptObjectException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public CorruptObjectException(String message) {
        super(message);
    }

    public CorruptObjectException(String message, Throwable cause) {
        super(message, cause);
    }
}
