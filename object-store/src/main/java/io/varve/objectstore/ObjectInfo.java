// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.time.Instant;

/// An object as a listing shows it: its key, its size in bytes and the store's time of its last
/// put.
public record ObjectInfo(String key, long bytes, Instant lastModified) {
    public ObjectInfo {
        if (bytes < 0) {
            throw new IllegalArgumentException("negative size: key=" + key + ", bytes=" + bytes);
        }
    }
}
