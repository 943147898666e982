// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

/// The broker cannot start. The message is for the person who started it: what, where, and what to
/// do.
public final class BrokerStartException extends Exception {
    private static final long serialVersionUID = 1L;

    public BrokerStartException(String message) {
        super(message);
    }

    public BrokerStartException(String message, Throwable cause) {
        super(message, cause);
    }
}
