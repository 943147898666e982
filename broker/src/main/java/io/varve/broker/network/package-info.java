// SPDX-License-Identifier: Apache-2.0
/// Kafka's wire protocol over Netty: frames in, parsed requests to a port, responses out in order
/// without copying records.
@NullMarked
package io.varve.broker.network;

import org.jspecify.annotations.NullMarked;
