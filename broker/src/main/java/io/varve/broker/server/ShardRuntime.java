// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.broker.shard.LocalShard;

/// A shard on this broker and its archiving.
record ShardRuntime(LocalShard shard, ShardArchiving archiving) {}
