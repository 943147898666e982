// SPDX-License-Identifier: Apache-2.0
/// Cluster identity, generation claims, cuts: whose bucket this is and which life of the cluster
/// may write.
@NullMarked
package io.varve.manifest.generation;

import org.jspecify.annotations.NullMarked;
