// SPDX-License-Identifier: Apache-2.0
/// The broker's HTTP side: metrics, health, and the JSON that commands use. Loopback by default.
@NullMarked
package io.varve.broker.http;

import org.jspecify.annotations.NullMarked;
