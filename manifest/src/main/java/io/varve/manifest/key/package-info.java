// SPDX-License-Identifier: Apache-2.0
/// The names of all objects. One class owns them.
@NullMarked
package io.varve.manifest.key;

import org.jspecify.annotations.NullMarked;
