// SPDX-License-Identifier: Apache-2.0
/// Scenarios of `docs/faults.md` against real broker processes: what is done to them, clients with
/// histories, and the verdict.
@NullMarked
package io.varve.cli.faults;

import org.jspecify.annotations.NullMarked;
