// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import static io.varve.broker.shard.ShardBroker.P0;
import static io.varve.broker.shard.ShardBroker.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.broker.raft.ReplicatedLog;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// One broker, one shard, real Ratis: from an append to its answer, and over a restart.
class LocalShardTest {
    @TempDir Path directory;

    @Test
    void answersAnAppendWithItsOffsetsWhenItIsApplied() throws Exception {
        try (ShardBroker broker = ShardBroker.single(directory, new MemoryFrameLog())) {
            assertThat(broker.open(P0)).isInstanceOf(CommandOutcome.Applied.class);

            AppendTicket first = broker.append(P0, TestBatches.plain(3));
            AppendTicket second = broker.append(P0, TestBatches.plain(2));

            assertThat(get(first.done()))
                    .isEqualTo(new AppendOutcome.Appended(0, 3, OptionalLong.empty(), 0));
            assertThat(get(second.done()))
                    .isEqualTo(new AppendOutcome.Appended(3, 5, OptionalLong.empty(), 0));
            assertThat(get(second.assigned())).isEqualTo(new AppendTicket.Assigned.At(3, 5));
            assertThat(broker.shard.partition(P0).orElseThrow().highWatermark()).isEqualTo(5);
            assertThat(broker.fatal.facts).isEmpty();
        }
    }

    /// As the leader's log appender does.
    @Test
    void aFrameThatIsBeingWrittenIsReadWhenItIsWritten() throws Exception {
        MemoryFrameLog log = new MemoryFrameLog();
        try (ShardBroker broker = ShardBroker.single(directory, log)) {
            ReplicatedLog link = broker.shard.replicatedLog();
            ByteBuffer body = ByteBuffer.wrap(new byte[] {1, 2, 3});
            log.mayWrite = new CountDownLatch(1);
            CompletableFuture<Void> written =
                    link.write(1_000, 1_000, ByteBuffer.allocate(0), body.duplicate());

            CompletableFuture<ByteBuffer> read = link.read(1_000, 1_000);
            assertThatThrownBy(() -> read.get(300, TimeUnit.MILLISECONDS))
                    .isInstanceOf(TimeoutException.class);
            log.mayWrite.countDown();

            assertThat(get(read)).isEqualTo(body);
            assertThat(written).isCompleted();
        }
    }
}
