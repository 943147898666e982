// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.governed;

/// One call that wants to go to the bucket. Owner: the [Admission] that it was given to.
class Ticket {
    private final Priority priority;
    private final long bytes;
    private final long sinceNs;
    private boolean granted;

    /// @param bytes that it will move, as far as that is known before
    /// @param sinceNs when it came
    Ticket(Priority priority, long bytes, long sinceNs) {
        this.priority = priority;
        this.bytes = bytes;
        this.sinceNs = sinceNs;
    }

    final Priority priority() {
        return priority;
    }

    final long bytes() {
        return bytes;
    }

    final long sinceNs() {
        return sinceNs;
    }

    final boolean isGranted() {
        return granted;
    }

    final void grant() {
        granted = true;
    }
}
