// SPDX-License-Identifier: Apache-2.0
/// A bucket in a directory: durable, atomic, safe against a crash at every step.
@NullMarked
package io.varve.objectstore.file;

import org.jspecify.annotations.NullMarked;
