// SPDX-License-Identifier: Apache-2.0
/// `varve cluster`: brokers, shards, and whether all is well.
@NullMarked
package io.varve.cli.cluster;

import org.jspecify.annotations.NullMarked;
