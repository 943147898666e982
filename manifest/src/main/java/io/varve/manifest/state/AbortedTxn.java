// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.state;

/// An aborted transaction: its producer, its first record's offset, its marker's offset, and the
/// last stable offset when the marker was written (Kafka's AbortedTxn).
public record AbortedTxn(
        long producerId, long firstOffset, long markerOffset, long lastStableOffset) {}
