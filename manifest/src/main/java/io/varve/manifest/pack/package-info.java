// SPDX-License-Identifier: Apache-2.0
/// Packs: the one file format of journal, roll-up and segment objects.
@NullMarked
package io.varve.manifest.pack;

import org.jspecify.annotations.NullMarked;
