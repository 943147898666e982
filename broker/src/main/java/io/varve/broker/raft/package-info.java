// SPDX-License-Identifier: Apache-2.0
/// Raft groups over Apache Ratis. The one place that knows Ratis: above it there are frames, terms
/// and indexes.
@NullMarked
package io.varve.broker.raft;

import org.jspecify.annotations.NullMarked;
