// SPDX-License-Identifier: Apache-2.0
/// A store that lies on demand, for tests and simulation.
@NullMarked
package io.varve.objectstore.faulty;

import org.jspecify.annotations.NullMarked;
