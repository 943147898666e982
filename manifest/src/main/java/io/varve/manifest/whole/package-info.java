// SPDX-License-Identifier: Apache-2.0
/// Small objects that are read and written whole: put once and see whose it is; JSON documents that
/// check themselves.
@NullMarked
package io.varve.manifest.whole;

import org.jspecify.annotations.NullMarked;
