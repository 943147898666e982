// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.pack;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.VersionTooNewException;
import io.varve.manifest.codec.ByteReader;
import io.varve.objectstore.ByteRange;
import io.varve.objectstore.ObjectSlice;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.nio.ByteBuffer;

/// Reads packs from a store: the index by one ranged GET of the tail (a second one when the index
/// is larger than the guess), then ranges of sections, always whole chunks, each checked. Keeps
/// nothing. Thread-safe.
///
/// All methods throw [CorruptObjectException] when the bytes are not what they claim to be.
public final class PackReader {
    /// How much of the tail is fetched at first: holds the index of most packs.
    public static final int TAIL_BYTES = 64 << 10;

    private PackReader() {}

    /// Reads a pack's index.
    ///
    /// @throws VersionTooNewException the pack is of a later format version
    public static PackIndex open(ObjectStore store, String key) throws ObjectStoreException {
        ObjectSlice tail = store.get(key, ByteRange.tail(TAIL_BYTES));
        ByteBuffer bytes = tail.bytes();
        if (tail.position() + bytes.remaining() != tail.objectBytes()) {
            throw new CorruptObjectException(
                    "tail is not the end of the object: object="
                            + key
                            + ", position="
                            + tail.position()
                            + ", bytes="
                            + bytes.remaining()
                            + ", objectBytes="
                            + tail.objectBytes());
        }
        PackCodec.Trailer trailer = PackCodec.readTrailer(bytes, tail.objectBytes(), key);
        if (tail.position() == 0) {
            PackCodec.checkMagic(bytes, key);
        }
        ByteBuffer index;
        if (trailer.indexPosition() >= tail.position()) {
            int at = bytes.position() + (int) (trailer.indexPosition() - tail.position());
            index = bytes.slice(at, trailer.indexLength());
        } else {
            index = span(store, key, trailer.indexPosition(), trailer.indexLength());
        }
        return PackCodec.readIndex(index, trailer, tail.objectBytes(), key);
    }

    /// As the other one, for a pack whose size and index checksum are known, from a manifest.
    public static PackIndex open(ObjectStore store, String key, long objectBytes, int indexCrc)
            throws ObjectStoreException {
        PackIndex index = open(store, key);
        if (index.objectBytes() != objectBytes || index.indexCrc() != indexCrc) {
            throw new CorruptObjectException(
                    "pack is not the one that was named: object="
                            + key
                            + ", bytes="
                            + index.objectBytes()
                            + ", expectedBytes="
                            + objectBytes
                            + ", indexCrc="
                            + Integer.toHexString(index.indexCrc())
                            + ", expectedIndexCrc="
                            + Integer.toHexString(indexCrc));
        }
        return index;
    }

    /// Reads the index out of a whole object that somebody fetched.
    ///
    /// @param object from its position to its limit
    /// @throws VersionTooNewException the pack is of a later format version
    public static PackIndex parse(ByteBuffer object, String key) {
        ByteBuffer bytes = object.slice();
        PackCodec.Trailer trailer = PackCodec.readTrailer(bytes, bytes.remaining(), key);
        PackCodec.checkMagic(bytes, key);
        ByteBuffer index =
                bytes.slice(Math.toIntExact(trailer.indexPosition()), trailer.indexLength());
        return PackCodec.readIndex(index, trailer, bytes.remaining(), key);
    }

    /// Reads chunks `[firstChunk, endChunk)` of a section in one request.
    ///
    /// @return their bytes: from `firstChunk * chunkBytes` of the section on
    public static ByteBuffer readChunks(
            ObjectStore store, String key, PackSection section, int firstChunk, int endChunk)
            throws ObjectStoreException {
        if (firstChunk < 0 || endChunk > section.chunkCount() || firstChunk >= endChunk) {
            throw new IllegalArgumentException(
                    "bad chunks: partition="
                            + section.partition()
                            + ", first="
                            + firstChunk
                            + ", end="
                            + endChunk
                            + ", count="
                            + section.chunkCount());
        }
        long from = (long) firstChunk * section.chunkBytes();
        long to = (long) (endChunk - 1) * section.chunkBytes() + section.chunkLength(endChunk - 1);
        ByteBuffer bytes = span(store, key, section.position() + from, Math.toIntExact(to - from));
        int at = bytes.position();
        for (int chunk = firstChunk; chunk < endChunk; chunk++) {
            int length = section.chunkLength(chunk);
            checkChunk(key, section, chunk, bytes.slice(at, length));
            at += length;
        }
        return bytes;
    }

    /// Reads bytes `[from, to)` of a section (positions from its start), with whole chunks around
    /// them, in one request.
    public static ByteBuffer readRange(
            ObjectStore store, String key, PackSection section, long from, long to)
            throws ObjectStoreException {
        if (from < 0 || to <= from || to > section.length()) {
            throw new IllegalArgumentException(
                    "bad range: partition="
                            + section.partition()
                            + ", from="
                            + from
                            + ", to="
                            + to
                            + ", length="
                            + section.length());
        }
        int firstChunk = section.chunkAt(from);
        ByteBuffer chunks =
                readChunks(store, key, section, firstChunk, section.chunkAt(to - 1) + 1);
        long skipped = from - (long) firstChunk * section.chunkBytes();
        return chunks.slice(
                chunks.position() + Math.toIntExact(skipped), Math.toIntExact(to - from));
    }

    /// Reads all batches of a section in one request: for sections that fit into memory. Empty when
    /// there are none.
    public static ByteBuffer readSection(ObjectStore store, String key, PackSection section)
            throws ObjectStoreException {
        return section.hasRecords()
                ? readChunks(store, key, section, 0, section.chunkCount())
                : ByteBuffer.allocate(0);
    }

    /// Checks the bytes of one chunk, for whoever fetched them himself.
    public static void checkChunk(String key, PackSection section, int chunk, ByteBuffer bytes) {
        int crc = ByteReader.crc32c(bytes);
        int expected = section.chunkCrcs().get(chunk);
        if (bytes.remaining() != section.chunkLength(chunk) || crc != expected) {
            throw new CorruptObjectException(
                    "chunk crc mismatch: object="
                            + key
                            + ", partition="
                            + section.partition()
                            + ", chunk="
                            + chunk
                            + ", position="
                            + (section.position() + (long) chunk * section.chunkBytes())
                            + ", bytes="
                            + bytes.remaining()
                            + ", stored="
                            + Integer.toHexString(expected)
                            + ", computed="
                            + Integer.toHexString(crc));
        }
    }

    private static ByteBuffer span(ObjectStore store, String key, long position, int length)
            throws ObjectStoreException {
        if (length == 0) {
            return ByteBuffer.allocate(0);
        }
        try {
            ByteBuffer bytes = store.get(key, ByteRange.span(position, length)).bytes();
            if (bytes.remaining() != length) {
                throw new CorruptObjectException(
                        "object shorter than its index says: object="
                                + key
                                + ", position="
                                + position
                                + ", bytes="
                                + bytes.remaining()
                                + ", expected="
                                + length);
            }
            return bytes;
        } catch (ObjectStoreException.InvalidRange e) {
            throw new CorruptObjectException(
                    "object shorter than its index says: object=" + key + ", position=" + position,
                    e);
        }
    }
}
