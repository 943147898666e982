// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/// The store's clock, as last seen, beside our own. Deletions and time retention go by it, because
/// clocks of hosts do not agree. Thread-safe.
final class StoreClock {
    private final ObjectStore store;
    private final InstantSource own;
    private volatile @Nullable Seen seen;

    /// One answer of the store.
    ///
    /// @param storeMs the store's time
    /// @param ownMs ours when it came
    record Seen(long storeMs, long ownMs) {
        long skewMs() {
            return Math.abs(storeMs - ownMs);
        }
    }

    StoreClock(ObjectStore store, InstantSource own) {
        this.store = store;
        this.own = own;
    }

    long ownMs() {
        return own.millis();
    }

    /// Asks the store (one request).
    Seen ask() throws ObjectStoreException {
        Seen fresh = new Seen(store.serverTime().toEpochMilli(), own.millis());
        seen = fresh;
        return fresh;
    }

    /// The last answer when it is at most `maxAgeMs` old by our clock, else a new one.
    Seen within(long maxAgeMs) throws ObjectStoreException {
        Seen last = seen;
        long ageMs = last == null ? Long.MAX_VALUE : own.millis() - last.ownMs();
        return last == null || ageMs < 0 || ageMs > maxAgeMs ? ask() : last;
    }
}
