// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.archiver.ArchiveContext;
import io.varve.archiver.ArchivePolicies;
import io.varve.manifest.ShardId;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// The shards on this broker with their archiving. Shards are added while it runs. Thread-safe.
final class ShardRuntimes implements AutoCloseable {
    private final ArchiveContext context;
    private final ArchivePolicies policies;
    private final List<ShardRuntime> runtimes = new CopyOnWriteArrayList<>();

    ShardRuntimes(ArchiveContext context, ArchivePolicies policies) {
        this.context = context;
        this.policies = policies;
    }

    /// A shard that was opened; its archiving begins when it is told of a leadership.
    ShardRuntime add(ShardSet.Opened opened) {
        ShardRuntime runtime =
                new ShardRuntime(
                        opened.shard(),
                        opened.log(),
                        new ShardArchiving(
                                opened.shard().id(), context, policies, opened::archiveSource));
        runtimes.add(runtime);
        return runtime;
    }

    /// A live view.
    List<ShardRuntime> all() {
        return Collections.unmodifiableList(runtimes);
    }

    /// Bytes in the bucket of the shards that are led here, as far as their archivers know.
    long storedBytes() {
        return runtimes.stream()
                .flatMap(runtime -> runtime.archiving().running().stream())
                .mapToLong(running -> running.archiver().storedBytes())
                .sum();
    }

    ShardRuntime metadata() {
        return runtimes.stream()
                .filter(runtime -> runtime.id().shard() == ShardId.METADATA_SHARD)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no metadata shard"));
    }

    @Override
    public void close() {
        runtimes.forEach(runtime -> runtime.archiving().close());
    }
}
