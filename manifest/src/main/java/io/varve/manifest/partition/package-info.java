// SPDX-License-Identifier: Apache-2.0
/// Partition manifests: which segment objects make up a partition.
@NullMarked
package io.varve.manifest.partition;

import org.jspecify.annotations.NullMarked;
