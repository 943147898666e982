// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.client;

import java.util.concurrent.ExecutionException;

/// How an error is written down. Stateless.
public final class Errors {
    private Errors() {}

    public static String text(Throwable error) {
        Throwable cause =
                error instanceof ExecutionException && error.getCause() != null
                        ? error.getCause()
                        : error;
        return cause.getClass().getSimpleName() + ": " + cause.getMessage();
    }
}
