// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.raft;

import java.util.concurrent.CompletionStage;

/// Answers one kind of question that brokers ask each other over the Raft listener. Called on
/// threads of gRPC: must not block. A failed stage reaches the asker as an error with its message.
@FunctionalInterface
public interface PeerHandler {
    CompletionStage<byte[]> answer(byte[] request);
}
