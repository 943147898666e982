// SPDX-License-Identifier: Apache-2.0
/// Measurements: each prints its figures as key=value, as a ratio against the plain thing in the
/// same run.
@NullMarked
package io.varve.bench;

import org.jspecify.annotations.NullMarked;
