// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import io.varve.objectstore.ObjectStoreException;

/// An attempt that failed: what it means to the caller, and whether another one may do better. Not
/// an [java.io.IOException]: the SDK's executor takes a time-out of a socket for the interruption
/// of its thread, and interrupts it.
final class GcsFailure extends Exception {
    private static final long serialVersionUID = 1L;

    private final ObjectStoreException meaning;
    private final Next next;

    /// When to try again.
    enum Next {
        SOON,
        /// The store asked to slow down.
        LATER,
        NEVER
    }

    GcsFailure(ObjectStoreException meaning, Next next) {
        super(meaning);
        this.meaning = meaning;
        this.next = next;
    }

    ObjectStoreException meaning() {
        return meaning;
    }

    Next next() {
        return next;
    }
}
