// SPDX-License-Identifier: Apache-2.0
/// `varve produce` and `varve consume`: records from and to the shell.
@NullMarked
package io.varve.cli.data;

import org.jspecify.annotations.NullMarked;
