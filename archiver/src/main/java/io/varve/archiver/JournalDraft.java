// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.pack.ControlFact;
import io.varve.manifest.pack.PackFacts;
import io.varve.manifest.pack.PackKind;
import io.varve.manifest.pack.PackSection;
import io.varve.manifest.pack.PackWriter;
import io.varve.manifest.pack.SectionBuilder;
import io.varve.manifest.state.PartitionLedger;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The next journal while it is collected: committed frames, regrouped by partition. Folds into
/// copies of the shadow's ledgers, so that nothing is lost when another leader's journal is found
/// in its place. Holds the frames' buffers, copies none. Owner: the journaler.
final class JournalDraft {
    private final ShardShadow shadow;
    private final boolean keepsBatches;
    private final PackWriter writer = PackWriter.inMemory();
    private final Map<PartitionId, SectionBuilder> sections = new HashMap<>();
    private final Map<PartitionId, PartitionLedger> ledgers = new HashMap<>();
    private final Set<PartitionId> closed = new HashSet<>();
    private final Map<PartitionId, List<ByteBuffer>> batches = new HashMap<>();
    private final long firstIndex;
    private long endIndex;
    private long firstTerm;
    private long lastTerm;
    private long lastFrameTimeMs;
    private long firstContentMs;
    private long firstContentFrameMs;
    private long contentEndIndex;
    private long bytes;

    /// @param metadataShard keeps the batches by partition, because the shadow replays them
    JournalDraft(ShardShadow shadow, boolean metadataShard) {
        this.shadow = shadow;
        this.keepsBatches = metadataShard;
        this.firstIndex = shadow.position().endIndex();
        this.endIndex = firstIndex;
    }

    /// Takes the next frame.
    ///
    /// @param nowMs our clock
    void add(CommittedFrame frame, long nowMs) throws IOException {
        if (frame.index() != endIndex) {
            throw new IllegalStateException(
                    "frame out of order: index=" + frame.index() + ", expected=" + endIndex);
        }
        if (endIndex == firstIndex) {
            firstTerm = frame.term();
        }
        boolean hadContent = hasContent();
        boolean content = false;
        for (CommittedFrame.Slice slice : frame.slices()) {
            content |=
                    switch (slice) {
                        case CommittedFrame.Data data -> add(data, frame.timeMs());
                        case CommittedFrame.Control control -> add(control);
                        case CommittedFrame.Archived archived -> false;
                    };
        }
        endIndex = frame.index() + 1;
        lastTerm = frame.term();
        lastFrameTimeMs = Math.max(lastFrameTimeMs, frame.timeMs());
        if (content) {
            contentEndIndex = endIndex;
            if (!hadContent) {
                firstContentMs = nowMs;
                firstContentFrameMs = frame.timeMs();
            }
        }
    }

    private boolean add(CommittedFrame.Data data, long frameTimeMs) throws IOException {
        SectionBuilder section = sections.get(data.partition());
        if (section == null) {
            section =
                    open(data.partition())
                            .orElseThrow(() ->
                                    new IllegalStateException(
                                            "records of a partition that is not open: partition="
                                                    + data.partition()));
        }
        section.append(data.bytes(), frameTimeMs);
        if (keepsBatches) {
            batches.computeIfAbsent(data.partition(), id -> new ArrayList<>()).add(data.bytes());
        }
        bytes += data.bytes().remaining();
        return true;
    }

    private Optional<SectionBuilder> open(PartitionId partition) {
        return shadow.fork(partition).map(ledger -> open(ledger));
    }

    private SectionBuilder open(PartitionLedger ledger) {
        SectionBuilder section = writer.section(ledger);
        sections.put(ledger.id(), section);
        ledgers.put(ledger.id(), ledger);
        return section;
    }

    /// @return false when the fact changes nothing: it is left out
    private boolean add(CommittedFrame.Control control) {
        PartitionId id = control.partition();
        if (closed.contains(id) || shadow.isClosed(id)) {
            return false;
        }
        PartitionLedger ledger =
                ledgers.containsKey(id) ? ledgers.get(id) : shadow.fork(id).orElse(null);
        if (ledger == null) {
            return control.fact() instanceof ControlFact.Opened opened && opened(control, opened);
        }
        boolean changes =
                switch (control.fact()) {
                    case ControlFact.Opened opened -> false;
                    case ControlFact.TopicChanged changed ->
                            !changed.topicRecord().equals(ledger.topicRecord());
                    case ControlFact.LogStartMoved moved -> moved.logStart() > ledger.logStart();
                    case ControlFact.Adopted adopted ->
                            adopted.manifest().exists() && !ledger.manifest().exists();
                    case ControlFact.Closed gone -> closed.add(id);
                };
        if (changes) {
            SectionBuilder section = sections.get(id);
            (section == null ? open(ledger) : section).fact(control.fact());
        }
        return changes;
    }

    private boolean opened(CommittedFrame.Control control, ControlFact.Opened opened) {
        open(PartitionLedger.open(
                        control.partition(),
                        control.topicName(),
                        opened.topicRecord(),
                        opened.baseEpoch(),
                        opened.startOffset()))
                .fact(opened);
        return true;
    }

    /// The pack of everything taken so far. The draft takes nothing more.
    PackWriter.Written finish(String clusterId, ShardId shard, String writerName, long nowMs)
            throws IOException {
        return writer.finish(
                new PackFacts(
                        PackKind.JOURNAL,
                        clusterId,
                        shard,
                        firstIndex,
                        endIndex,
                        firstTerm,
                        lastTerm,
                        0,
                        writerName,
                        nowMs));
    }

    /// The batches of a section of this draft (metadata shard only).
    ByteBuffer batchesOf(PackSection section) {
        List<ByteBuffer> parts = batches.getOrDefault(section.partition(), List.of());
        ByteBuffer joined =
                ByteBuffer.allocate(parts.stream().mapToInt(ByteBuffer::remaining).sum());
        parts.forEach(part -> joined.put(part.duplicate()));
        return joined.flip();
    }

    boolean hasContent() {
        return contentEndIndex > 0;
    }

    /// Our clock when the first frame with records or facts was seen here.
    long firstContentMs() {
        return firstContentMs;
    }

    /// The leader's time of that frame.
    long firstContentFrameMs() {
        return firstContentFrameMs;
    }

    /// End of the last frame with records or facts.
    long contentEndIndex() {
        return contentEndIndex;
    }

    long firstIndex() {
        return firstIndex;
    }

    long endIndex() {
        return endIndex;
    }

    long lastFrameTimeMs() {
        return lastFrameTimeMs;
    }

    /// Record bytes.
    long bytes() {
        return bytes;
    }
}
