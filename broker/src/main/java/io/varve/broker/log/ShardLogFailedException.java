// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import java.io.IOException;

/// A write or flush of the shard log failed. Final: what the disk holds is not known any more, and
/// the log refuses everything until it is opened again.
public final class ShardLogFailedException extends IOException {
    private static final long serialVersionUID = 1L;

    public ShardLogFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
