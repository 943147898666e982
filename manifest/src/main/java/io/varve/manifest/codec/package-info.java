// SPDX-License-Identifier: Apache-2.0
/// Building blocks of the binary formats, version 1: fixed-width big-endian fields, and the values
/// that packs and checkpoints share. Frozen with version 1.
@NullMarked
package io.varve.manifest.codec;

import org.jspecify.annotations.NullMarked;
