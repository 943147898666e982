// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.batch.CorruptBatchException;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.pack.PackReader;
import io.varve.manifest.pack.PackSection;
import io.varve.objectstore.ByteRange;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.Finding.Kind;
import io.varve.recovery.Finding.Severity;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import java.util.function.Predicate;

/// Reads packs: their index, or all of them. Thread-safe.
final class PackAudit {
    private static final byte[] MAGIC = "VRVPACK1".getBytes(StandardCharsets.US_ASCII);

    /// So many bytes of a magic must be right for an object's end to be a damaged one of a pack;
    /// with fewer it is the middle of one.
    private static final int MAGIC_BYTES_ALIKE_MIN = 6;

    /// Packs up to this size are fetched whole.
    private static final int AT_ONCE_BYTES = 16 << 20;

    private final AuditPass pass;

    PackAudit(AuditPass pass) {
        this.pass = pass;
    }

    /// Reads the index.
    ///
    /// @param bytes as a listing shows it
    /// @param expected as the one who names it says
    Reading<PackIndex> open(String key, long bytes, OptionalLong expected)
            throws ObjectStoreException {
        Reading<PackIndex> reading =
                Reading.of(Kind.CRC_MISMATCH, () -> PackReader.open(pass.store(), key));
        if (reading instanceof Reading.Bad<PackIndex>(Kind kind, String why)
                && kind == Kind.CRC_MISMATCH) {
            return new Reading.Bad<>(damage(key, bytes, expected), why);
        }
        return reading;
    }

    private Kind damage(String key, long bytes, OptionalLong expected) throws ObjectStoreException {
        if (expected.isPresent() && expected.getAsLong() != bytes) {
            return bytes < expected.getAsLong() ? Kind.TRUNCATED_PACK : Kind.SIZE_MISMATCH;
        }
        if (expected.isPresent()) {
            return Kind.CRC_MISMATCH;
        }
        return isCutShort(key, bytes) ? Kind.TRUNCATED_PACK : Kind.CRC_MISMATCH;
    }

    private boolean isCutShort(String key, long bytes) throws ObjectStoreException {
        if (bytes < MAGIC.length) {
            return true;
        }
        ByteBuffer end;
        try {
            end = pass.store().get(key, ByteRange.tail(MAGIC.length)).bytes();
        } catch (ObjectStoreException.NotFound e) {
            return true; // it went: a second look does not find it at all
        }
        int alike = 0;
        for (int i = 0; i < Math.min(MAGIC.length, end.remaining()); i++) {
            alike += end.get(end.position() + i) == MAGIC[i] ? 1 : 0;
        }
        return alike < MAGIC_BYTES_ALIKE_MIN;
    }

    /// Reads every byte and adds what is wrong; one finding per section at most.
    ///
    /// @param needed whether something is lost when it is damaged
    /// @param wanted which sections
    void readWhole(String key, PackIndex index, boolean needed, Predicate<PackSection> wanted)
            throws ObjectStoreException {
        pass.wholePermits().acquireUninterruptibly();
        try {
            if (index.objectBytes() <= AT_ONCE_BYTES && pass.options().wholeBucket()) {
                readAtOnce(key, index, needed);
                return;
            }
            readHead(key, index, needed);
            for (PackSection section : index.sections()) {
                if (section.hasRecords() && wanted.test(section)) {
                    walk(key, section, needed, SectionWalk.from(pass.store(), key, section));
                }
            }
        } catch (ObjectStoreException.NotFound e) {
            pass.add(
                    new Reading.Bad<PackIndex>(Kind.MISSING_OBJECT, "object went while it was read")
                            .finding(key, needed));
        } finally {
            pass.wholePermits().release();
        }
    }

    /// In one request: a journal has a section for every partition that was written.
    private void readAtOnce(String key, PackIndex index, boolean needed)
            throws ObjectStoreException {
        int bytes = Math.toIntExact(index.objectBytes());
        ByteBuffer object = pass.store().get(key, ByteRange.span(0, bytes)).bytes().slice();
        if (object.remaining() != bytes) {
            pass.add(
                    AuditFinding.of(
                                    Kind.TRUNCATED_PACK,
                                    severity(needed),
                                    key,
                                    "object is shorter than its index says")
                            .bytes(object.remaining()));
            return;
        }
        checkHead(object.slice(0, MAGIC.length), key, index, needed);
        for (PackSection section : index.sections()) {
            if (section.hasRecords()) {
                walk(key, section, needed, SectionWalk.in(object, key, section));
            }
        }
    }

    /// The index was read with the head when the object is small.
    private void readHead(String key, PackIndex index, boolean needed) throws ObjectStoreException {
        if (index.objectBytes() <= PackReader.TAIL_BYTES) {
            return;
        }
        checkHead(
                pass.store().get(key, ByteRange.span(0, MAGIC.length)).bytes(), key, index, needed);
    }

    private void checkHead(ByteBuffer head, String key, PackIndex index, boolean needed) {
        if (!head.equals(ByteBuffer.wrap(MAGIC))) {
            pass.add(
                    AuditFinding.of(
                                    Kind.CRC_MISMATCH,
                                    severity(needed),
                                    key,
                                    "pack does not begin with its magic")
                            .bytes(index.objectBytes()));
        }
    }

    private static Severity severity(boolean needed) {
        return needed ? Severity.CORRUPT : Severity.WARNING;
    }

    private void walk(String key, PackSection section, boolean needed, SectionWalk walk)
            throws ObjectStoreException {
        try {
            walk.read()
                    .ifPresent(mismatch ->
                            pass.add(
                                    AuditFinding.of(
                                                    mismatch.kind(),
                                                    severity(needed),
                                                    key,
                                                    "batches are not what the index says: key="
                                                            + key
                                                            + ", "
                                                            + mismatch.fact())
                                            .about(section.topicName(), section.partition())
                                            .offsets(section.baseOffset(), section.endOffset())));
        } catch (CorruptBatchException e) {
            add(key, section, needed, "damaged batch: key=" + key + ", " + e.getMessage());
        } catch (CorruptObjectException e) {
            add(key, section, needed, String.valueOf(e.getMessage()));
        }
    }

    private void add(String key, PackSection section, boolean needed, String fact) {
        pass.add(
                AuditFinding.of(Kind.CRC_MISMATCH, severity(needed), key, fact)
                        .about(section.topicName(), section.partition())
                        .offsets(section.baseOffset(), section.endOffset()));
    }
}
