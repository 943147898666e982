// SPDX-License-Identifier: Apache-2.0
/// Markers by which somebody keeps old objects: restore points and holds.
@NullMarked
package io.varve.manifest.hold;

import org.jspecify.annotations.NullMarked;
