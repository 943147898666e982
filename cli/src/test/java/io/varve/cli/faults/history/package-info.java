// SPDX-License-Identifier: Apache-2.0
/// What clients saw, and whether it can be: histories and the checks over them.
@NullMarked
package io.varve.cli.faults.history;

import org.jspecify.annotations.NullMarked;
