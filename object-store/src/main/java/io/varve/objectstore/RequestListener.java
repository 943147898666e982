// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

/// Is told of every request that a client sends to a store over the network, each attempt of a call
/// by itself; of a directory or memory, of every call. Called on whatever thread the SDK uses:
/// thread-safe, quick, never throws.
@FunctionalInterface
public interface RequestListener {
    /// For whoever does not want to know.
    RequestListener NONE = (operation, status, elapsedNs) -> {};

    /// A request has ended.
    ///
    /// @param operation as the store counts it: a look at the clock may be a listing or a head
    /// @param status of HTTP; 0 when no answer came. 429 and 503 mean that the store asks for fewer
    ///   requests
    /// @param elapsedNs since it was sent, until the answer's head was there
    void answered(StoreOperation operation, int status, long elapsedNs);

    /// Whether a status means that the store asks for fewer requests.
    static boolean isThrottling(int status) {
        return status == 429 || status == 503;
    }

    /// Tells this listener, then another.
    default RequestListener and(RequestListener other) {
        return (operation, status, elapsedNs) -> {
            answered(operation, status, elapsedNs);
            other.answered(operation, status, elapsedNs);
        };
    }
}
