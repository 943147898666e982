// SPDX-License-Identifier: Apache-2.0
/// The shard log: all frames of a shard on this broker's disk. Knows neither Raft nor Kafka's
/// requests.
@NullMarked
package io.varve.broker.log;

import org.jspecify.annotations.NullMarked;
