// SPDX-License-Identifier: Apache-2.0
/// What all commands share: options, output, errors, and the way to a cluster.
@NullMarked
package io.varve.cli.shell;

import org.jspecify.annotations.NullMarked;
