// SPDX-License-Identifier: Apache-2.0
/// `varve demo`: the main job from nothing, with real processes that are killed and disks that are
/// removed.
@NullMarked
package io.varve.cli.demo;

import org.jspecify.annotations.NullMarked;
