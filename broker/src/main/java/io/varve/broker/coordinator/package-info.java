// SPDX-License-Identifier: Apache-2.0
/// Consumer groups: Kafka's group coordinator over our shards. The only package that uses Kafka's
/// coordinator classes.
@NullMarked
package io.varve.broker.coordinator;

import org.jspecify.annotations.NullMarked;
