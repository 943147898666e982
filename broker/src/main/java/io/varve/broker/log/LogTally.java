// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import java.util.concurrent.atomic.LongAdder;

/// Counts behind [ShardLogCounters]. Thread-safe.
final class LogTally {
    final LongAdder frames = new LongAdder();
    final LongAdder bytesWritten = new LongAdder();
    final LongAdder flushes = new LongAdder();
    final LongAdder fileSyncs = new LongAdder();
    final LongAdder directorySyncs = new LongAdder();
    final LongAdder filesExtended = new LongAdder();
    final LongAdder filesRecycled = new LongAdder();
    final LongAdder filesFreed = new LongAdder();
    final LongAdder directoriesWritten = new LongAdder();
    final LongAdder directoryFailures = new LongAdder();
    final LongAdder spareFailures = new LongAdder();
    final LongAdder cacheHits = new LongAdder();
    final LongAdder diskReads = new LongAdder();
}
