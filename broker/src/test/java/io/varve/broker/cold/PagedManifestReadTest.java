// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.manifest.state.AbortedTxn;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.CountingObjectStore;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.RequestCounts;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Reads of a partition of so many segments that its manifest has pages.
class PagedManifestReadTest {
    private static final int SEGMENTS = 340;

    private final Random random = new Random(Long.getLong("sim.seed", 11));
    private final MemoryObjectStore bucket = new MemoryObjectStore(InstantSource.system());
    private final CountingObjectStore store = new CountingObjectStore(bucket);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    @TempDir private Path directory;
    private TieredLog log;
    private ColdTier tier;

    @BeforeEach
    void archiveOneSegmentPerBatch() throws IOException {
        tier = new ColdTier(store, directory.resolve("cache"), 64L << 20, threads);
        log = new TieredLog(store, random);
        for (int i = 0; i < SEGMENTS; i++) {
            TieredLog.Batch batch = log.appendBatch(3, 100);
            log.archive(
                    log.end(),
                    i % 40 == 0
                            ? new AbortedTxn[] {
                                new AbortedTxn(7, batch.baseOffset(), batch.endOffset() - 1, 0)
                            }
                            : new AbortedTxn[0]);
        }
        assertThat(log.manifest().pages()).isNotEmpty();
    }

    @AfterEach
    void close() {
        threads.close();
    }

    private ColdRead.Found read(long offset) {
        return (ColdRead.Found) tier.reader().read(log.view, offset, 10_000).join();
    }

    private static ByteBuffer joined(List<ByteBuffer> parts) {
        ByteBuffer all = ByteBuffer.allocate(parts.stream().mapToInt(ByteBuffer::remaining).sum());
        parts.forEach(part -> all.put(part.duplicate()));
        return all.flip();
    }

    @Test
    void readsGoOverTheBorderOfPagesByteForByte() {
        long at = 0;
        while (at < log.end()) {
            ColdRead.Found found = read(at);
            assertThat(joined(found.parts()))
                    .isEqualTo(log.bytes(log.indexAt(at), log.indexAt(found.endOffset())));
            at = found.endOffset();
        }
    }

    @Test
    void theFirstReadOfAnOldOffsetCostsManifestPageAndObject() {
        RequestCounts before = store.counts();

        read(5);

        assertThat(store.counts().minus(before).requests()).isLessThanOrEqualTo(4);
        before = store.counts();
        read(8);
        assertThat(store.counts().minus(before).requests()).isLessThanOrEqualTo(2);
    }

    @Test
    void timesAndAbortedTransactionsAreFoundInPages() {
        for (TieredLog.Batch batch : List.of(log.batches.get(3), log.batches.get(200))) {
            long time =
                    io.varve.manifest.batch.BatchHeader.at(batch.bytes(), batch.bytes().position())
                            .maxTimestampMs();
            TimedOffset found =
                    tier.reader().firstAtTime(log.view, 0, log.end(), time).join().orElseThrow();
            assertThat(found.timestampMs()).isGreaterThanOrEqualTo(time);
            assertThat(found.offset()).isLessThan(batch.endOffset());
        }
        List<AbortedTxn> aborted = tier.reader().abortedIn(log.view, 0, log.end()).join();
        assertThat(aborted).hasSize((SEGMENTS + 39) / 40);
        assertThat(tier.reader().abortedIn(log.view, 0, 100).join()).hasSize(1);
    }

    @Test
    void aDamagedOrLostPageIsAnErrorWithItsNameAndTheNewestOffsetsAreStillRead() throws Exception {
        String key = log.manifest().pages().getFirst().key(log.view.topicName(), log.view.id());
        byte[] bytes = WholeObjects.read(bucket, key);
        bytes[bytes.length / 3] ^= 1;
        bucket.put(key, ObjectBody.of(bytes), PutMode.OVERWRITE);

        assertThatThrownBy(() -> read(5))
                .hasCauseInstanceOf(ColdReadException.CorruptCold.class)
                .hasMessageContaining(key);
        bucket.delete(List.of(key));
        assertThatThrownBy(() -> read(5)).hasCauseInstanceOf(ColdReadException.MissingObject.class);
        assertThat(read(log.end() - 1).endOffset()).isEqualTo(log.end());
    }
}
