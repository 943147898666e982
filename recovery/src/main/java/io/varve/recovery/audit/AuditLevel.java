// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import java.util.Locale;

/// How closely an audit looks. Each level includes the ones before it.
public enum AuditLevel {
    /// Names and sizes by listings, and the documents, manifests, pages and checkpoints that say
    /// what must be there.
    NAMES,
    /// The index of every pack, and whether all indexes together leave no offset out.
    INDEXES,
    /// Every byte: the checksum of every chunk and every batch, and what the batches say against
    /// index and manifest.
    BYTES;

    public boolean includes(AuditLevel other) {
        return compareTo(other) >= 0;
    }

    /// As in JSON and on the command line.
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
