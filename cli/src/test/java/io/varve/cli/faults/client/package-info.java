// SPDX-License-Identifier: Apache-2.0
/// Kafka's own clients under faults, which write down what they do and see.
@NullMarked
package io.varve.cli.faults.client;

import org.jspecify.annotations.NullMarked;
