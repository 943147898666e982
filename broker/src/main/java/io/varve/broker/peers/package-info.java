// SPDX-License-Identifier: Apache-2.0
/// What brokers ask each other over the Raft listener: who are you, register me, I live, I lead
/// this shard, open this partition. Messages are Kafka's own where Kafka has the idea.
@NullMarked
package io.varve.broker.peers;

import org.jspecify.annotations.NullMarked;
