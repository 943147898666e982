// SPDX-License-Identifier: Apache-2.0
/// Kafka's requests and what this broker answers: one class per family, behind one switch.
@NullMarked
package io.varve.broker.api;

import org.jspecify.annotations.NullMarked;
