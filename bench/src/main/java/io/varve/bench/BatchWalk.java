// SPDX-License-Identifier: Apache-2.0
package io.varve.bench;

import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.batch.Batches;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/// Going over the batches of one mebibyte by their headers, as every read and write does, beside
/// Kafka's own classes.
///
/// `java -jar bench/target/bench.jar BatchWalk -f 1 -wi 3 -i 5`
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class BatchWalk {
    private static final int BYTES = 1 << 20;
    private static final int BATCH_BYTES = 16 << 10;

    private ByteBuffer batches = ByteBuffer.allocate(0);

    @Setup
    public void fill() {
        ByteBuffer all = ByteBuffer.allocate(BYTES);
        long offset = 0;
        while (true) {
            ByteBuffer batch =
                    MemoryRecords.withRecords(
                                    offset,
                                    Compression.NONE,
                                    new SimpleRecord(offset, new byte[BATCH_BYTES]))
                            .buffer();
            if (batch.remaining() > all.remaining()) {
                break;
            }
            all.put(batch);
            offset++;
        }
        batches = all.flip();
    }

    @Benchmark
    public long ours() {
        long end = 0;
        for (BatchHeader header : Batches.in(batches)) {
            end = header.endOffset();
        }
        return end;
    }

    @Benchmark
    public long kafka() {
        long end = 0;
        for (RecordBatch batch : MemoryRecords.readableRecords(batches).batches()) {
            end = batch.nextOffset();
        }
        return end;
    }
}
