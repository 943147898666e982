// SPDX-License-Identifier: Apache-2.0
/// A partition's log as one over both tiers: reading, waiting for more, looking up offsets.
@NullMarked
package io.varve.broker.partition;

import org.jspecify.annotations.NullMarked;
