// SPDX-License-Identifier: Apache-2.0
/// The wiring: from a configuration to a running broker, and down again in reverse order.
@NullMarked
package io.varve.broker.server;

import org.jspecify.annotations.NullMarked;
