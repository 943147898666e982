// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.raft;

/// One entry of a Raft log: its term and index. A pair names one content for ever.
public record LogPosition(long term, long index) {
    public LogPosition {
        if (term < 0 || index < 0) {
            throw new IllegalArgumentException(
                    "bad log position: term=" + term + ", index=" + index);
        }
    }
}
