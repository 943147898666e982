// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

/// What a shard's writer has before it now.
///
/// @param queuedRequests, queuedBytes wait for a frame
/// @param framesInFlight handed to Raft and not applied
public record WriterLoad(int queuedRequests, long queuedBytes, int framesInFlight) {}
