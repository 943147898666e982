// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

/// When an append is answered.
public enum Acks {
    /// As soon as offsets are assigned; what becomes of the records is not told.
    NONE,
    /// When the frame is on this broker's disk.
    LEADER,
    /// When the frame is applied: on disk on a majority.
    ALL
}
