// SPDX-License-Identifier: Apache-2.0
/// `varve dev` and `varve server`: a broker as this process.
@NullMarked
package io.varve.cli.server;

import org.jspecify.annotations.NullMarked;
