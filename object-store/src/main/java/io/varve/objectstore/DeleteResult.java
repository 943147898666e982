// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

/// What became of one key of a batch delete.
public sealed interface DeleteResult {
    /// The object is gone, or was not there.
    record Deleted() implements DeleteResult {}

    /// The object may still be there.
    record Failed(ObjectStoreException error) implements DeleteResult {}
}
