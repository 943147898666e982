// SPDX-License-Identifier: Apache-2.0
/// Rules that hold for the whole tree: which code may know which, and what every file looks like.
@NullMarked
package io.varve.cli.house;

import org.jspecify.annotations.NullMarked;
