// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.archiver.Turns.Turn;
import io.varve.objectstore.ObjectStoreException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// All steppers of one leadership of one shard, built once the shard's shadow was opened from the
/// bucket. Three threads step them: journals; checkpoints; and all that writes manifests, in turns.
/// Until the shadow is open, only the opening steps.
///
/// Owner: whoever built it; each of the three steppers belongs to one thread at a time.
final class ShardJobs {
    private final ArchiveContext context;
    private final ShardSource source;
    private final ArchivePolicies policies;
    private final Path temporary;
    private final TopicCopies topics;
    private final StoreClock storeClock;
    private final List<StepRecord> records = new ArrayList<>();
    private final StepRecord journalRecord;
    private final StepRecord checkpointRecord;
    private final StepRecord manifestRecord;
    private final StepRecord segmentRecord;
    private final StepRecord retentionRecord;
    private final StepRecord collectorRecord;
    private final StepRecord trashRecord;
    private final StepRecord topicRecord;
    private final CompletableFuture<Open> opened = new CompletableFuture<>();
    private volatile @Nullable Open open;

    /// What there is after the opening.
    record Open(
            ShardShadow shadow,
            Journaler journaler,
            Checkpointer checkpointer,
            Segmenter segmenter,
            ManifestBook book,
            Turns manifests) {}

    ShardJobs(ArchiveContext context, ShardSource source, ArchivePolicies policies) {
        this.context = context;
        this.source = source;
        this.policies = policies;
        this.temporary = context.temporary().resolve(source.shard().toString().replace('/', '-'));
        this.topics = new TopicCopies(context);
        this.storeClock = new StoreClock(context.store(), context.clock());
        this.journalRecord = record("journaler");
        this.checkpointRecord = record("checkpointer");
        this.segmentRecord = record("segmenter");
        this.retentionRecord = record("retention");
        this.collectorRecord = record("collector");
        this.trashRecord = record("trash");
        this.topicRecord = record("topics");
        this.manifestRecord = new StepRecord("manifests", context.clock());
    }

    private StepRecord record(String name) {
        StepRecord record = new StepRecord(name, context.clock());
        records.add(record);
        return record;
    }

    @Nullable Open open() {
        return open;
    }

    /// Done when the shadow is open; fails when it never will be. What depends on it runs on the
    /// journaler's thread.
    CompletableFuture<Open> opened() {
        return opened;
    }

    /// Fails whatever still waits. For the end of a leadership.
    void close() {
        opened.completeExceptionally(
                new IllegalStateException("archiver closed: shard=" + source.shard()));
        Open now = open;
        if (now != null) {
            now.journaler().close();
            now.checkpointer().close();
        }
    }

    List<JobStatus> status() {
        return records.stream().map(StepRecord::status).toList();
    }

    StepRecord journalRecord() {
        return journalRecord;
    }

    StepRecord checkpointRecord() {
        return checkpointRecord;
    }

    StepRecord manifestRecord() {
        return manifestRecord;
    }

    /// Opens the shadow, then steps the journaler.
    Stepper journals() {
        return new Stepper() {
            @Override
            public String name() {
                return "journaler";
            }

            @Override
            public StepResult step() {
                Open now = open;
                return now == null ? openShadow() : now.journaler().step();
            }
        };
    }

    /// Steps the checkpointer, once there is one.
    Stepper checkpoints() {
        return new WhenOpen("checkpointer") {
            @Override
            StepResult step(Open now) {
                return now.checkpointer().step();
            }
        };
    }

    /// Steps all that writes manifests, once there is something to write.
    Stepper manifests() {
        return new WhenOpen("manifests") {
            @Override
            StepResult step(Open now) {
                return now.manifests().step();
            }
        };
    }

    private abstract class WhenOpen implements Stepper {
        private final String name;

        WhenOpen(String name) {
            this.name = name;
        }

        abstract StepResult step(Open now);

        @Override
        public String name() {
            return name;
        }

        @Override
        public StepResult step() {
            Open now = open;
            if (now != null) {
                return step(now);
            }
            return source.isLeader()
                    ? new StepResult.Idle(context.settings().journals().pollMs())
                    : new StepResult.Stopped("leadership lost: shard=" + source.shard());
        }
    }

    private StepResult openShadow() {
        if (!source.isLeader()) {
            return new StepResult.Stopped(
                    "leadership lost: shard=" + source.shard() + ", term=" + source.term());
        }
        try {
            clearTemporary();
            return switch (ShadowOpening.open(context.forJournals(), source, topics::onJournal)) {
                case ShadowOpening.Opened.Ready ready -> {
                    Open built = build(ready);
                    open = built;
                    opened.complete(built);
                    yield new StepResult.Progressed();
                }
                case ShadowOpening.Opened.Refused refused -> {
                    opened.completeExceptionally(
                            new IllegalStateException("archiver stopped: " + refused.reason()));
                    yield new StepResult.Stopped(refused.reason());
                }
            };
        } catch (ObjectStoreException e) {
            return new StepResult.Failed(
                    "cannot read the shard's state from the bucket: shard=" + source.shard(), e);
        } catch (IOException e) {
            return new StepResult.Failed("cannot clear temporary files: folder=" + temporary, e);
        }
    }

    private Open build(ShadowOpening.Opened.Ready ready) {
        ShardShadow shadow = ready.shadow();
        if (ready.checkpointEnd().isPresent() && ready.checkpointEnd().getAsLong() == 0) {
            topics.onRestored(shadow);
        }
        ManifestBook book = new ManifestBook(context, source, storeClock);
        Checkpointer checkpointer =
                new Checkpointer(
                        context,
                        source,
                        shadow,
                        storeClock,
                        ready.checkpointEnd(),
                        topics::allWritten);
        Segmenter segmenter = new Segmenter(context, source, policies, shadow, book, temporary);
        Turns manifests =
                new Turns(
                        "manifests",
                        List.of(
                                new Turn(topics, topicRecord),
                                new Turn(segmenter, segmentRecord),
                                new Turn(
                                        new RetentionStepper(
                                                context, source, policies, book, storeClock),
                                        retentionRecord),
                                new Turn(
                                        new Collector(
                                                context,
                                                source,
                                                shadow,
                                                book,
                                                storeClock,
                                                checkpointer::newest),
                                        collectorRecord),
                                new Turn(
                                        new TrashCollector(context, source, shadow, storeClock),
                                        trashRecord)));
        return new Open(
                shadow,
                new Journaler(context.forJournals(), source, shadow, topics::onJournal),
                checkpointer,
                segmenter,
                book,
                manifests);
    }

    /// What an earlier leadership or process left.
    private void clearTemporary() throws IOException {
        Files.createDirectories(temporary);
        try (Stream<Path> left = Files.list(temporary)) {
            left.forEach(file -> {
                try {
                    Files.delete(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
