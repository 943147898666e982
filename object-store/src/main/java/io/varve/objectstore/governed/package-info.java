// SPDX-License-Identifier: Apache-2.0

/// How much of a bucket a process uses at once, and who goes first.
@NullMarked
package io.varve.objectstore.governed;

import org.jspecify.annotations.NullMarked;
