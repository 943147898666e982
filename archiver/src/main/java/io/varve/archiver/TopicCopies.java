// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.pack.ControlFact;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.pack.PackSection;
import io.varve.manifest.state.PartitionLedger;
import io.varve.manifest.topic.TopicDocument;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes each topic's `topic.json`, a copy for people and for rebuilds, when a journal says that
/// the topic came or changed. The shard that holds partition 0 writes it. No checkpoint is drafted
/// before all are written, so none is forgotten at a crash: the journals behind the checkpoint tell
/// them again. At most one waits per topic. Thread-safe.
final class TopicCopies implements Stepper {
    private static final Logger LOG = LoggerFactory.getLogger(TopicCopies.class);
    private final ArchiveContext context;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<PartitionId, Copy> waiting = new LinkedHashMap<>();

    private record Copy(String topicName, TopicDocument document) {}

    TopicCopies(ArchiveContext context) {
        this.context = context;
    }

    @Override
    public String name() {
        return "topics";
    }

    void onJournal(PackIndex index) {
        for (PackSection section : index.sections()) {
            if (section.partition().partition() == 0) {
                section.facts().forEach(fact -> take(section, fact));
            }
        }
    }

    private void take(PackSection section, ControlFact fact) {
        lock.lock();
        try {
            switch (fact) {
                case ControlFact.Opened opened ->
                        copy(section.partition(), section.topicName(), opened.topicRecord());
                case ControlFact.TopicChanged changed ->
                        copy(section.partition(), section.topicName(), changed.topicRecord());
                case ControlFact.Closed closed -> waiting.remove(section.partition());
                case ControlFact.LogStartMoved moved -> {}
                case ControlFact.Adopted adopted -> {}
            }
        } finally {
            lock.unlock();
        }
    }

    /// A record that is no topic (that of the metadata itself is empty) has no copy.
    private void copy(PartitionId partition, String topicName, String topicRecord) {
        try {
            waiting.put(partition, new Copy(topicName, TopicDocument.fromLine(topicRecord)));
        } catch (CorruptObjectException e) {
            waiting.remove(partition);
            LOG.debug("no copy of a topic without a record: partition={}", partition, e);
        }
    }

    /// The first checkpoint of a restored shard has taken the place of the journals that told of
    /// its topics, and the cluster that was lost may not have written all their copies.
    void onRestored(ShardShadow shadow) {
        for (PartitionId partition : shadow.journaledEnds().keySet()) {
            PartitionLedger ledger = shadow.fork(partition).orElse(null);
            if (partition.partition() == 0 && ledger != null) {
                lock.lock();
                try {
                    copy(partition, ledger.topicName(), ledger.topicRecord());
                } finally {
                    lock.unlock();
                }
            }
        }
    }

    boolean allWritten() {
        lock.lock();
        try {
            return waiting.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public StepResult step() {
        Map.Entry<PartitionId, Copy> next = next();
        if (next == null) {
            return new StepResult.Idle(context.settings().journals().intervalMs());
        }
        Copy copy = next.getValue();
        String key = BucketKeys.topicJson(copy.topicName(), next.getKey().topicId());
        try {
            context.store().put(key, ObjectBody.of(copy.document().encode()), PutMode.OVERWRITE);
        } catch (ObjectStoreException e) {
            return new StepResult.Failed("cannot write a topic's copy: key=" + key, e);
        }
        lock.lock();
        try {
            waiting.remove(next.getKey(), copy); // a newer one that came meanwhile stays
        } finally {
            lock.unlock();
        }
        return new StepResult.Progressed();
    }

    private Map.@org.jspecify.annotations.Nullable Entry<PartitionId, Copy> next() {
        lock.lock();
        try {
            return waiting.isEmpty()
                    ? null
                    : Map.entry(
                            waiting.keySet().iterator().next(), waiting.values().iterator().next());
        } finally {
            lock.unlock();
        }
    }
}
