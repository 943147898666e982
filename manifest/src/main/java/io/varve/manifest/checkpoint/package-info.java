// SPDX-License-Identifier: Apache-2.0
/// Checkpoints: the state of all partitions of a shard at the end of a journal.
@NullMarked
package io.varve.manifest.checkpoint;

import org.jspecify.annotations.NullMarked;
