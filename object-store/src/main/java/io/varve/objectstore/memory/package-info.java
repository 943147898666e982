// SPDX-License-Identifier: Apache-2.0
/// A bucket in this process's memory, for tests and simulation.
@NullMarked
package io.varve.objectstore.memory;

import org.jspecify.annotations.NullMarked;
