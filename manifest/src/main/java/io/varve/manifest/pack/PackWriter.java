// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.pack;

import io.varve.manifest.PartitionId;
import io.varve.manifest.codec.ByteWriter;
import io.varve.manifest.state.AbortedTxn;
import io.varve.manifest.state.PartitionLedger;
import io.varve.objectstore.ObjectBody;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// Writes one pack: sections, then the index, then the trailer.
///
/// In memory (journals) several sections may be open at once, so that frames are regrouped by
/// partition while they are read, and no byte is copied. To a file (segments, up to 512 MiB) bytes
/// leave at once, so opening a section seals the one before.
///
/// ```
/// try (PackWriter writer = PackWriter.inMemory()) {
///     writer.section(shadow).append(batches, frameTimeMs).fact(new LogStartMoved(17));
///     Written pack = writer.finish(facts);
///     store.put(key, pack.body(), PutMode.IF_ABSENT);
/// }
/// ```
///
/// Owner: the caller's thread. [#close] closes the file, it does not delete it.
public final class PackWriter implements AutoCloseable {
    /// Bytes under one checksum, so what a reader of a few records must fetch.
    public static final int CHUNK_BYTES = 1 << 20;

    /// A pack that is complete: what its index says, and its bytes.
    public record Written(PackIndex index, ObjectBody body) {}

    private final int chunkBytes;
    private final @Nullable FileOutput file;
    private final List<SectionBuilder> sections = new ArrayList<>();
    private final List<List<ByteBuffer>> buffers = new ArrayList<>();
    private final Set<PartitionId> partitions = new HashSet<>();
    private boolean finished;

    private PackWriter(int chunkBytes, @Nullable FileOutput file) {
        this.chunkBytes = chunkBytes;
        this.file = file;
    }

    /// A pack that stays in the caller's buffers.
    public static PackWriter inMemory() {
        return inMemory(CHUNK_BYTES);
    }

    /// As [#inMemory()], with chunks of another size.
    public static PackWriter inMemory(int chunkBytes) {
        return new PackWriter(chunkBytes, null);
    }

    /// A pack that is written to a new file.
    ///
    /// @throws java.nio.file.FileAlreadyExistsException the file exists
    public static PackWriter toFile(Path newFile) throws IOException {
        return toFile(newFile, CHUNK_BYTES);
    }

    /// As [#toFile(Path)], with chunks of another size.
    public static PackWriter toFile(Path newFile, int chunkBytes) throws IOException {
        FileOutput file = new FileOutput(newFile);
        file.write(PackCodec.magic());
        return new PackWriter(chunkBytes, file);
    }

    /// Opens a section that goes on where `ledger` stands. Everything that is appended is folded
    /// into that ledger, and the section's entry (producers, aborted transactions that end here) is
    /// what the ledger says then: for journals, with the shadow of the shard's state.
    ///
    /// @throws IllegalStateException the pack has a section of this partition
    public SectionBuilder section(PartitionLedger ledger) {
        return section(ledger, null);
    }

    /// Opens a section on its own, for segments: producers are told as far as these batches show
    /// them, aborted transactions as the caller knows them.
    ///
    /// @param aborted all aborted transactions that touch the section (others are passed over): a
    ///   transaction may begin in front of it or end behind it
    public SectionBuilder section(
            PartitionId partition, String topicName, long baseOffset, List<AbortedTxn> aborted) {
        return section(
                PartitionLedger.open(partition, topicName, "", 0, baseOffset),
                List.copyOf(aborted));
    }

    private SectionBuilder section(PartitionLedger ledger, @Nullable List<AbortedTxn> aborted) {
        if (finished) {
            throw new IllegalStateException("pack is finished: partition=" + ledger.id());
        }
        if (!partitions.add(ledger.id())) {
            throw new IllegalStateException(
                    "second section of a partition: partition=" + ledger.id());
        }
        SectionBuilder section;
        if (file != null) {
            if (!sections.isEmpty()) {
                sections.getLast().seal();
            }
            section = new SectionBuilder(ledger, aborted, chunkBytes, file);
        } else {
            List<ByteBuffer> own = new ArrayList<>();
            buffers.add(own);
            section = new SectionBuilder(ledger, aborted, chunkBytes, own::add);
        }
        sections.add(section);
        return section;
    }

    /// Bytes of all sections so far; the index comes on top.
    public long sectionBytes() {
        return sections.stream().mapToLong(SectionBuilder::bytes).sum();
    }

    /// Seals the sections and writes index and trailer.
    ///
    /// @throws IllegalStateException called twice
    public Written finish(PackFacts facts) throws IOException {
        if (finished) {
            throw new IllegalStateException("pack is finished: kind=" + facts.kind());
        }
        finished = true;
        List<PackSection> entries = new ArrayList<>(sections.size());
        long position = PackCodec.MAGIC_BYTES;
        for (SectionBuilder section : sections) {
            PackSection entry = section.toSection(position);
            entries.add(entry);
            position += entry.length();
        }
        ByteWriter index = PackCodec.writeIndex(facts, entries);
        int indexCrc = index.crc32c();
        ByteBuffer trailer = PackCodec.writeTrailer(position, index.size(), indexCrc);
        long objectBytes = position + index.size() + PackCodec.TRAILER_BYTES;
        ObjectBody body =
                file == null
                        ? memoryBody(index.written(), trailer)
                        : fileBody(file, index, trailer);
        if (body.bytes() != objectBytes) {
            throw new IllegalStateException(
                    "pack has another size than planned: bytes="
                            + body.bytes()
                            + ", planned="
                            + objectBytes);
        }
        return new Written(new PackIndex(facts, entries, indexCrc, objectBytes), body);
    }

    private ObjectBody memoryBody(ByteBuffer index, ByteBuffer trailer) {
        List<ByteBuffer> all = new ArrayList<>();
        all.add(PackCodec.magic());
        buffers.forEach(all::addAll);
        all.add(index);
        all.add(trailer);
        return ObjectBody.of(all);
    }

    private static ObjectBody fileBody(FileOutput file, ByteWriter index, ByteBuffer trailer)
            throws IOException {
        file.write(index.written());
        file.write(trailer);
        file.close();
        return ObjectBody.ofFile(file.path, file.bytes, (int) file.crc.getValue());
    }

    /// Idempotent.
    @Override
    public void close() throws IOException {
        if (file != null) {
            file.close();
        }
    }

    private static final class FileOutput implements SectionBuilder.Output {
        private final Path path;
        private final FileChannel channel;
        private final CRC32C crc = new CRC32C();
        private long bytes;

        FileOutput(Path path) throws IOException {
            this.path = path;
            this.channel =
                    FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        }

        @Override
        public void write(ByteBuffer part) throws IOException {
            bytes += part.remaining();
            crc.update(part.duplicate());
            while (part.hasRemaining()) {
                channel.write(part);
            }
        }

        void close() throws IOException {
            channel.close();
        }
    }
}
