// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest;

/// A whole object that says it is another one than its key or the reference to it says: somebody
/// put it in the wrong place. The message names both.
public final class WrongIdentityException extends CorruptObjectException {
    private static final long serialVersionUID = 1L;

    public WrongIdentityException(String message) {
        super(message);
    }
}
