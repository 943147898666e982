// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

/// How a running broker ends its process by itself.
public interface BrokerExit {
    /// Something failed after which nothing may be acknowledged any more (a write or a flush of the
    /// log): the process halts at once, without closing anything. Called from any thread, also
    /// under locks; does not return in the product.
    void halt(String fact, Throwable cause);

    /// The broker must not serve any longer, for a reason that a person has to hear: a later
    /// generation has begun. The process closes the broker and ends. Does not block.
    void stop(String reason);
}
