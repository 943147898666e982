// SPDX-License-Identifier: Apache-2.0
/// One shard on this broker: its writer, its applied state, its leadership and what it keeps on
/// local disk.
@NullMarked
package io.varve.broker.shard;

import org.jspecify.annotations.NullMarked;
