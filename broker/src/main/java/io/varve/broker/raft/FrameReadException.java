// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.raft;

import java.io.IOException;

/// A frame that a follower needs could not be read from the local disk. Ratis reports it by the
/// same call as a failed write; this type tells the two apart, because a failed read does not stop
/// the process.
public final class FrameReadException extends IOException {
    private static final long serialVersionUID = 1L;

    public FrameReadException(String message, Throwable cause) {
        super(message, cause);
    }
}
