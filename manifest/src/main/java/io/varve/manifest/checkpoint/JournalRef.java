// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.checkpoint;

/// A journal or roll-up that a checkpoint names, by its whole key (it may belong to an older
/// generation).
public record JournalRef(String key, long firstIndex, long endIndex, long bytes) {}
