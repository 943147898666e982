// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

/// Who makes sure that the bytes in the bucket are those that were sent. A probe at start-up
/// decides: it sends a wrong checksum, and only a store that refuses it can be trusted to verify
/// uploads.
public enum StoreVerification {
    /// Every object is read back once, whole, before the floor or an archivedEnd passes it. The
    /// default.
    READ_BACK,
    /// The store refuses an upload with a wrong checksum: an object that is there with its size is
    /// what was sent.
    BY_STORE;

    /// @param refusesWrongChecksum what the probe saw
    public static StoreVerification ofProbe(boolean refusesWrongChecksum) {
        return refusesWrongChecksum ? BY_STORE : READ_BACK;
    }
}
