// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.faulty;

import io.varve.objectstore.StoreOperation;
import java.util.Optional;

/// Decides which requests to lie about. Called by one thread at a time, in the order of the
/// requests.
@FunctionalInterface
public interface FaultPlan {
    /// @return the lie about this request, one that its operation allows, or empty for the truth
    Optional<Fault> next(Request request);

    /// @param number counts the requests of the store, from 0
    /// @param key the key; the prefix of a list; the first key of a delete; empty for the server's
    ///   time
    record Request(long number, StoreOperation operation, String key) {}
}
