// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A partition of so many segments that its manifest has pages.
class PagedManifestRecoveryTest {
    private static final int SEGMENTS = 340;

    private final ManualClock clock = new ManualClock();
    private final MemoryObjectStore store = new MemoryObjectStore(clock);
    private final BucketBuilder cluster = new BucketBuilder(store, clock, new Random(4));
    private String page = "";

    @BeforeEach
    void archiveOneSegmentPerBatch() throws Exception {
        cluster.found(1);
        cluster.createTopic("orders", 1, Map.of());
        for (int i = 0; i < SEGMENTS; i++) {
            cluster.append("orders", 0, 1);
            cluster.journalAll();
            cluster.segment(cluster.id("orders", 0));
        }
        cluster.append("orders", 0, 3);
        cluster.checkpoint(1);
        clock.pass(Duration.ofMinutes(5));
        PartitionManifest manifest =
                RecoveryPlanner.plan(store)
                        .partition("orders", 0)
                        .orElseThrow()
                        .manifest()
                        .orElseThrow();
        assertThat(manifest.pages()).isNotEmpty();
        page = manifest.pages().getFirst().key("orders", manifest.id());
    }

    @Test
    void everyRecordComesBackAlsoTwice() throws Exception {
        Restored.matches(store, RecoveryPlanner.plan(store), cluster);
        run();
        Restored.matches(store, RecoveryPlanner.plan(store), cluster);
        cluster.openRestored(ClusterFiles.cut(store, 2).orElseThrow());
        cluster.append("orders", 0, 2);
        cluster.journalAll();
        cluster.segment(cluster.id("orders", 0));

        PartitionPlan plan = RecoveryPlanner.plan(store).partition("orders", 0).orElseThrow();

        assertThat(plan.manifest().orElseThrow().generation()).isEqualTo(2);
        assertThat(plan.manifest().orElseThrow().pages()).isNotEmpty();
        Restored.matches(store, RecoveryPlanner.plan(store), cluster);
        run();
        Restored.matches(store, RecoveryPlanner.plan(store), cluster);
    }

    private void run() throws Exception {
        new RecoveryRun(store, RecoveryOptions.careful("t").withForce(), clock, step -> {}).run();
    }

    @Test
    void aPageThatIsGoneOrDamagedIsNamedAndNothingBehindItIsTakenForIt() throws Exception {
        byte[] bytes = WholeObjects.read(store, page);
        store.delete(List.of(page));
        assertThat(RecoveryPlanner.plan(store).lost())
                .anySatisfy(finding -> {
                    assertThat(finding.kind()).isEqualTo(Finding.Kind.MISSING_OBJECT);
                    assertThat(finding.key()).isEqualTo(page);
                });
        assertThatThrownBy(this::run).isInstanceOf(RecoveryException.class);

        bytes[bytes.length / 2] ^= 4;
        store.put(page, ObjectBody.of(bytes), PutMode.OVERWRITE);
        RecoveryPlan damaged = RecoveryPlanner.plan(store);
        assertThat(damaged.lost())
                .anySatisfy(finding -> {
                    assertThat(finding.kind()).isEqualTo(Finding.Kind.UNREADABLE_MANIFEST);
                    assertThat(finding.key()).isEqualTo(page);
                });
        assertThatThrownBy(
                        () -> Restored.content(store, damaged.partition("orders", 0).orElseThrow()))
                .isInstanceOf(CorruptObjectException.class)
                .hasMessageContaining(page);
    }
}
