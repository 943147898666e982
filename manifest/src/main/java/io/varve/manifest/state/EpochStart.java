// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.state;

/// The first offset that was written in a leader epoch.
public record EpochStart(int epoch, long startOffset) {
    public EpochStart {
        if (epoch < 0 || startOffset < 0) {
            throw new IllegalArgumentException(
                    "bad epoch start: epoch=" + epoch + ", startOffset=" + startOffset);
        }
    }
}
