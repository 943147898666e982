// SPDX-License-Identifier: Apache-2.0
/// The cluster's metadata: the image that shard 0 carries, and the controller that changes it.
@NullMarked
package io.varve.broker.metadata;

import org.jspecify.annotations.NullMarked;
