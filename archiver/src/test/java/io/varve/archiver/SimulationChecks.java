// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.PartitionId;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.batch.Batches;
import io.varve.manifest.checkpoint.CheckpointStore;
import io.varve.manifest.checkpoint.JournalRef;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.pack.ControlFact;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.pack.PackReader;
import io.varve.manifest.partition.ManifestStore;
import io.varve.manifest.partition.PageRef;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentEntry;
import io.varve.manifest.state.PartitionLedger;
import io.varve.manifest.state.ProducerState;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import io.varve.recovery.PartitionContent;
import io.varve.recovery.PartitionPlan;
import io.varve.recovery.RecoveryPlan;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// What must hold at any moment of a simulated life, looked at from outside.
final class SimulationChecks {
    private static final long DAY_MS = 24 * 3_600_000L;

    private SimulationChecks() {}

    private static Map<String, Long> sizes(ObjectStore truth) throws Exception {
        Map<String, Long> sizes = new HashMap<>();
        for (ObjectInfo object : WholeObjects.list(truth, "")) {
            sizes.put(object.key(), object.bytes());
        }
        return sizes;
    }

    /// Every object that a newest manifest names, and every journal that the newest checkpoint
    /// needs, is there with its size.
    static void nothingNamedIsMissing(ObjectStore truth, RecordedHotTier tier) throws Exception {
        Map<String, Long> sizes = sizes(truth);
        for (PartitionLedger ledger : tier.ledgers.values()) {
            PartitionManifest manifest = manifest(truth, tier, ledger).orElse(null);
            if (manifest == null) {
                continue;
            }
            for (SegmentEntry entry : entries(truth, manifest)) {
                String key = entry.key(ledger.topicName(), ledger.id());
                assertThat(sizes)
                        .as("named by %s", manifest.ref())
                        .containsEntry(key, entry.bytes());
            }
        }
        Optional<ShardCheckpoint> newest = CheckpointStore.newest(truth, tier.shard);
        if (newest.isPresent()) {
            for (JournalRef ref : newest.get().journals()) {
                assertThat(sizes)
                        .as("needed by the checkpoint at %s", newest.get().endIndex())
                        .containsEntry(ref.key(), ref.bytes());
            }
        }
    }

    private static Optional<PartitionManifest> manifest(
            ObjectStore truth, RecordedHotTier tier, PartitionLedger ledger) throws Exception {
        return ManifestStore.newest(
                truth, ledger.topicName(), ledger.id(), tier.shard.generation());
    }

    private static List<SegmentEntry> entries(ObjectStore truth, PartitionManifest manifest)
            throws Exception {
        List<SegmentEntry> entries = new ArrayList<>();
        for (PageRef page : manifest.pages()) {
            entries.addAll(
                    ManifestStore.readPage(truth, manifest.topicName(), manifest.id(), page)
                            .rows()
                            .entries());
        }
        entries.addAll(manifest.entries());
        return entries;
    }

    /// What local disk does not hold any more, segment objects or journals hold.
    static void acknowledgedIsHeldSomewhere(ObjectStore truth, RecordedHotTier tier)
            throws Exception {
        for (PartitionLedger ledger : tier.ledgers.values()) {
            long hotStart = tier.hotStarts.get(ledger.id());
            if (hotStart > ledger.logStart()) {
                PartitionManifest manifest = manifest(truth, tier, ledger).orElse(null);
                long archived = manifest == null ? 0 : manifest.archivedEnd();
                boolean held =
                        archived >= Math.min(hotStart, ledger.archivedEnd())
                                || ledger.archivedEnd() <= ledger.logStart();
                assertThat(held)
                        .as("%s: hotStart=%s, archivedEnd=%s", ledger, hotStart, archived)
                        .isTrue();
            }
        }
    }

    /// State of every partition behind the newest journal, folded from the log itself.
    private static TreeMap<PartitionId, PartitionLedger> journaled(
            ObjectStore truth, RecordedHotTier tier) throws Exception {
        long end = tier.firstIndex;
        for (ObjectInfo object : WholeObjects.list(truth, BucketKeys.journalPrefix(tier.shard))) {
            if (BucketKeys.parse(object.key()) instanceof ObjectName.Journal) {
                PackIndex index = PackReader.open(truth, object.key());
                end = Math.max(end, index.facts().endIndex());
            }
        }
        ShardCheckpoint newest = CheckpointStore.newest(truth, tier.shard).orElse(null);
        end = newest == null ? end : Math.max(end, newest.endIndex());
        TreeMap<PartitionId, PartitionLedger> ledgers = new TreeMap<>();
        tier.first.forEach(state -> ledgers.put(state.id(), PartitionLedger.from(state)));
        for (CommittedFrame frame : tier.frames.subList(0, (int) (end - tier.firstIndex))) {
            for (CommittedFrame.Slice slice : frame.slices()) {
                apply(ledgers, slice, frame.timeMs());
            }
        }
        return ledgers;
    }

    private static void apply(
            TreeMap<PartitionId, PartitionLedger> ledgers,
            CommittedFrame.Slice slice,
            long timeMs) {
        switch (slice) {
            case CommittedFrame.Data data -> {
                for (BatchHeader batch : Batches.in(data.bytes())) {
                    ledgers.get(data.partition()).append(batch.facts(), data.leaderEpoch(), timeMs);
                }
            }
            case CommittedFrame.Archived archived -> {
                // where records are is not what is compared
            }
            case CommittedFrame.Control control -> {
                switch (control.fact()) {
                    case ControlFact.Opened opened ->
                            ledgers.put(
                                    control.partition(),
                                    PartitionLedger.open(
                                            control.partition(),
                                            control.topicName(),
                                            opened.topicRecord(),
                                            opened.baseEpoch(),
                                            opened.startOffset()));
                    case ControlFact.LogStartMoved moved ->
                            ledgers.get(control.partition()).moveLogStart(moved.logStart());
                    case ControlFact.Adopted adopted ->
                            ledgers.get(control.partition())
                                    .adopt(
                                            adopted.logStart(),
                                            adopted.manifest(),
                                            adopted.epochs());
                    case ControlFact.Closed closed -> ledgers.remove(control.partition());
                    case ControlFact.TopicChanged changed ->
                            ledgers.get(control.partition()).topicChanged(changed.topicRecord());
                }
            }
        }
    }

    /// The plan brings back exactly what was journaled: every open partition with its ends,
    /// producers and bytes.
    static void planIsTheJournaledPart(ObjectStore truth, RecoveryPlan plan, RecordedHotTier tier)
            throws Exception {
        for (PartitionLedger expected : journaled(truth, tier).values()) {
            PartitionPlan found =
                    plan.partition(expected.id())
                            .orElseThrow(() -> new AssertionError("not in the plan: " + expected));
            // a manifest may know of a deletion that no journal tells of yet
            assertThat(found.endOffset())
                    .as("end of %s", expected)
                    .isEqualTo(Math.max(expected.highWatermark(), found.logStart()));
            assertThat(found.logStart())
                    .as("start of %s", expected)
                    .isGreaterThanOrEqualTo(expected.logStart());
            PartitionLedger now = tier.ledgers.get(expected.id());
            if (now != null) {
                assertThat(found.logStart()).isLessThanOrEqualTo(now.logStart());
            }
            sameProducers(expected, found, tier.clock.millis());
            assertThat(content(truth, found))
                    .as("bytes of %s", expected)
                    .isEqualTo(logged(tier, found));
        }
    }

    /// Checkpoints forget producers that were silent for a day and have nothing open.
    private static void sameProducers(PartitionLedger expected, PartitionPlan found, long nowMs) {
        List<ProducerState> there = found.state().producers();
        assertThat(expected.producers()).as("producers of %s", expected).containsAll(there);
        for (ProducerState producer : expected.producers()) {
            boolean forgettable =
                    producer.openTxnFirstOffset().isEmpty()
                            && nowMs - producer.lastTimestampMs() > DAY_MS;
            assertThat(forgettable || there.contains(producer))
                    .as("%s of %s", producer, expected)
                    .isTrue();
        }
    }

    private static ByteBuffer content(ObjectStore truth, PartitionPlan plan) throws Exception {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        new PartitionContent(truth, plan)
                .read(
                        plan.logStart(),
                        batch -> {
                            byte[] bytes = new byte[batch.sizeInBytes()];
                            batch.bytes().get(bytes);
                            all.writeBytes(bytes);
                            return true;
                        });
        return ByteBuffer.wrap(all.toByteArray());
    }

    private static ByteBuffer logged(RecordedHotTier tier, PartitionPlan plan) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        tier.batches.get(plan.id()).values().stream()
                .filter(stored -> stored.endOffset() > plan.logStart())
                .filter(stored -> stored.endOffset() <= plan.endOffset())
                .forEach(stored -> {
                    byte[] bytes = new byte[stored.bytes().remaining()];
                    stored.bytes().duplicate().get(bytes);
                    all.writeBytes(bytes);
                });
        return ByteBuffer.wrap(all.toByteArray());
    }
}
