// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.bucket;

import io.varve.cli.shell.BucketAccess;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.VersionTooNewException;
import io.varve.manifest.checkpoint.CheckpointStore;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.pack.PackReader;
import io.varve.objectstore.ByteRange;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `varve bucket show`
@Command(
        name = "show",
        description = "What one object says: a pack's index, a checkpoint's state, a document.",
        footer = {
            "",
            "Example:  varve bucket show varve.json --bucket file:///var/lib/varve/bucket"
        })
final class BucketShow implements Callable<Integer> {
    private static final int DOCUMENT_BYTES_MAX = 64 << 20;

    @Mixin private final Output output = new Output();
    @Mixin private final BucketAccess bucket = new BucketAccess();

    @Parameters(index = "0", paramLabel = "KEY")
    private String key = "";

    @Override
    public Integer call() throws CommandFailure {
        try (ObjectStore store = bucket.open()) {
            String text = show(store);
            output.out().println(text.stripTrailing());
            output.out().flush();
            return ExitCode.DONE;
        } catch (CorruptObjectException | VersionTooNewException e) {
            output.say("damaged: " + e.getMessage());
            return ExitCode.BAD_NEWS;
        } catch (IllegalArgumentException e) {
            throw new CommandFailure("not a key: " + key + ": " + e.getMessage(), e);
        } catch (ObjectStoreException e) {
            throw bucket.failure("cannot show " + key, e);
        }
    }

    private String show(ObjectStore store) throws ObjectStoreException, CommandFailure {
        return switch (BucketKeys.parse(key)) {
            case ObjectName.Journal journal -> Output.toJson(PackReader.open(store, key));
            case ObjectName.RollUp rollUp -> Output.toJson(PackReader.open(store, key));
            case ObjectName.Segment segment -> Output.toJson(PackReader.open(store, key));
            case ObjectName.Checkpoint checkpoint ->
                    Output.toJson(
                            shown(
                                    CheckpointStore.read(
                                            store, checkpoint.shard(), checkpoint.index())));
            case ObjectName.Unknown unknown ->
                    throw new CommandFailure(
                            "not a key of varve: " + key + "; varve bucket ls shows what there is");
            default -> document(store);
        };
    }

    /// The metadata image is Kafka's binary: its records are counted, not printed.
    private static Object shown(ShardCheckpoint checkpoint) {
        return new ShownCheckpoint(
                checkpoint.clusterId(),
                checkpoint.shard().toString(),
                checkpoint.endIndex(),
                checkpoint.lastTerm(),
                checkpoint.partitions(),
                checkpoint.closed(),
                checkpoint.journals(),
                checkpoint.doomed(),
                checkpoint.metadata().size());
    }

    /// What is printed of a checkpoint.
    record ShownCheckpoint(
            String clusterId,
            String shard,
            long endIndex,
            long lastTerm,
            Object partitions,
            Object closed,
            Object journals,
            Object doomed,
            int metadataRecords) {}

    private String document(ObjectStore store) throws ObjectStoreException {
        return StandardCharsets.UTF_8
                .decode(store.get(key, ByteRange.span(0, DOCUMENT_BYTES_MAX)).bytes())
                .toString();
    }
}
