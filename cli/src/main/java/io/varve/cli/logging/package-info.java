// SPDX-License-Identifier: Apache-2.0
/// What a process logs, and how one event looks: a line on stderr.
@NullMarked
package io.varve.cli.logging;

import org.jspecify.annotations.NullMarked;
