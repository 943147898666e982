// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.log.DurableFile;
import io.varve.manifest.checkpoint.CheckpointCodec;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// The floor's checkpoint on local disk: the file `checkpoint` in the shard's directory. Replaced
/// as a whole: after a crash there is the old one or the new one. Owner: whoever saves; one at a
/// time.
final class CheckpointFile {
    private static final String NAME = "checkpoint";
    private static final String TEMPORARY = "checkpoint.tmp";

    private final Path directory;

    CheckpointFile(Path directory) {
        this.directory = directory;
    }

    /// @throws io.varve.manifest.CorruptObjectException the file is damaged: the replica must be
    ///   replaced, not started empty
    Optional<ShardCheckpoint> load() throws IOException {
        Path file = directory.resolve(NAME);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        return Optional.of(
                CheckpointCodec.decode(ByteBuffer.wrap(Files.readAllBytes(file)), file.toString()));
    }

    /// Durable when it returns.
    void save(ShardCheckpoint checkpoint) throws IOException {
        DurableFile.replace(
                directory.resolve(NAME),
                directory.resolve(TEMPORARY),
                CheckpointCodec.encode(checkpoint));
    }
}
