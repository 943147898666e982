// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.archiver.ArchiveContext;
import io.varve.archiver.ArchivePolicies;
import io.varve.archiver.ShardArchiver;
import io.varve.archiver.ShardSource;
import io.varve.archiver.StepLoop;
import io.varve.broker.shard.Leadership;
import io.varve.broker.shard.ShardListener;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps one archiver running while this broker leads a shard: a new leadership gets a new one,
/// after the last was closed. What the metadata shard commits is shipped at once. Thread-safe.
final class ShardArchiving implements ShardListener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ShardArchiving.class);

    private final ShardId shard;
    private final ArchiveContext context;
    private final ArchivePolicies policies;
    private final LongFunction<ShardSource> sources;
    private final ExecutorService changes;
    private final AtomicBoolean shipping = new AtomicBoolean();
    private volatile Optional<Running> running = Optional.empty();

    /// An archiver and what it archives.
    record Running(ShardSource source, ShardArchiver archiver) {}

    /// @param sources the shard as the archiver of a term sees it
    ShardArchiving(
            ShardId shard,
            ArchiveContext context,
            ArchivePolicies policies,
            LongFunction<ShardSource> sources) {
        this.shard = shard;
        this.context = context;
        this.policies = policies;
        this.sources = sources;
        this.changes =
                Executors.newSingleThreadExecutor(
                        Thread.ofVirtual().name("archiving-" + shard.shard()).factory());
    }

    /// The archiver of the leadership of now; empty while this broker does not lead.
    Optional<Running> running() {
        return running;
    }

    @Override
    public void onLeadership(Leadership leadership) {
        change(() -> {
            end();
            if (leadership instanceof Leadership.Ready(long term)) {
                begin(term);
            }
        });
    }

    /// A shard is closed after its archiving and loses its leadership then: nobody archives any
    /// more.
    private void change(Runnable change) {
        try {
            changes.execute(change);
        } catch (RejectedExecutionException e) {
            LOG.debug("closed, leadership is not followed: shard={}", shard);
        }
    }

    private void begin(long term) {
        ShardSource source = sources.apply(term);
        ShardArchiver archiver = new ShardArchiver(context, source, policies, StepLoop.waiting());
        archiver.start(
                Thread.ofVirtual()
                        .name("archiver-" + shard.shard() + "-" + term + "-", 0)
                        .factory());
        running = Optional.of(new Running(source, archiver));
        shipMetadata();
    }

    private void end() {
        running.ifPresent(last -> last.archiver().close());
        running = Optional.empty();
    }

    @Override
    public void onApplied(Set<PartitionId> changed) {
        if (shard.isMetadata()) {
            shipMetadata();
        }
    }

    /// One flush at a time; what is committed meanwhile is taken by the next.
    private void shipMetadata() {
        Optional<Running> now = running;
        if (!shard.isMetadata() || now.isEmpty() || !shipping.compareAndSet(false, true)) {
            return;
        }
        long until = now.get().source().appliedEndIndex();
        var _ =
                now.get()
                        .archiver()
                        .flush(until)
                        .whenComplete((flushed, error) -> {
                            shipping.set(false);
                            if (error == null && now.get().source().appliedEndIndex() > until) {
                                shipMetadata();
                            }
                        });
    }

    /// Closes the archiver; bounded by its own close. Idempotent.
    @Override
    public void close() {
        change(this::end);
        changes.close();
    }
}
