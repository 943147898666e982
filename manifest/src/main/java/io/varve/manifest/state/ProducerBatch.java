// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.state;

/// One of a producer's last batches, kept to recognise a repeated send. Sequences wrap from
/// Integer.MAX_VALUE to 0.
public record ProducerBatch(
        int baseSequence, int lastSequence, long baseOffset, long lastOffset, long timestampMs) {}
