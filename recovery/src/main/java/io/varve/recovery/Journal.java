// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.checkpoint.JournalRef;
import io.varve.manifest.pack.PackIndex;

/// A journal that is part of a shard's history, and what its index says. Immutable.
record Journal(JournalRef ref, PackIndex index) {}
