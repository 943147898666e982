// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.bucket;

import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.util.List;

/// Walks through a listing in the order of its keys, a page in memory at a time. Stateless.
final class ObjectPages {
    /// Objects of one page.
    static final int PAGE = 1_000;

    private ObjectPages() {}

    /// Gets one page after the other.
    @FunctionalInterface
    interface Taker {
        /// @return whether more are wanted
        boolean take(List<ObjectInfo> page);
    }

    /// @param after begins behind this key; empty for the first
    static void each(ObjectStore store, String prefix, String after, Taker taker)
            throws ObjectStoreException {
        String last = after;
        boolean more = true;
        while (more) {
            List<ObjectInfo> page = store.list(prefix, last, PAGE);
            more = !page.isEmpty() && taker.take(page) && page.size() == PAGE;
            last = page.isEmpty() ? last : page.getLast().key();
        }
    }
}
