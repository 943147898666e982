// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

/// Whether a put may replace what is there.
public enum PutMode {
    /// Fails with [ObjectStoreException.AlreadyExists] when the key exists. Of several racing puts
    /// exactly one wins.
    IF_ABSENT,
    /// Replaces what is there; of racing puts any one stays.
    OVERWRITE
}
