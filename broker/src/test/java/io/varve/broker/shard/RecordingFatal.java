// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.raft.FatalHandler;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// Notes that the process would have stopped.
final class RecordingFatal implements FatalHandler {
    final List<String> facts = new CopyOnWriteArrayList<>();

    @Override
    public void fatal(String fact, Throwable cause) {
        facts.add(fact + ": " + cause);
    }
}
