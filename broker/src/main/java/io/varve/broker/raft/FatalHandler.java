// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.raft;

/// Stops the process: something failed after which nothing may be acknowledged any more. A log
/// whose write or flush failed once cannot be trusted again, and Ratis would go on as a leader that
/// commits nothing.
@FunctionalInterface
public interface FatalHandler {
    /// Called at least once, from any thread, also under Ratis's locks: must not block. In the
    /// product it halts the process.
    void fatal(String fact, Throwable cause);
}
