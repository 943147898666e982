// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/// A disk in memory that forgets: at [#crash()] every block that was not forced is kept or lost by
/// chance, each for itself, and so is every name that was made, renamed or deleted since the
/// directory was synced. What is open dies with the crash. Can also be full, fail to force, or lose
/// its power in the middle of a change.
public final class ForgetfulDisk implements DiskFiles {
    static final int BLOCK_BYTES = 512;

    private final RandomGenerator random;
    private final List<NameChange> unsynced = new ArrayList<>();
    private Map<String, Inode> names = new TreeMap<>();
    private Map<String, Inode> durableNames = new TreeMap<>();
    private int life;
    private long bytesLeft = Long.MAX_VALUE;
    private boolean forceFails;
    private boolean syncFails;
    private long changesLeft = Long.MAX_VALUE;

    public ForgetfulDisk(RandomGenerator random) {
        this.random = random;
    }

    /// `to` null: deleted; `from` null: made.
    private record NameChange(String from, String to, Inode inode) {
        void applyTo(Map<String, Inode> names) {
            if (from != null && names.remove(from) == null) {
                return;
            }
            if (to != null) {
                names.put(to, inode);
            }
        }
    }

    private static final class Inode {
        byte[] bytes = {};
        byte[] durable = {};
        final BitSet dirty = new BitSet();

        void write(long position, ByteBuffer part) {
            int end = (int) position + part.remaining();
            if (end > bytes.length) {
                bytes = Arrays.copyOf(bytes, end);
            }
            if (part.hasRemaining()) {
                dirty.set((int) position / BLOCK_BYTES, (end - 1) / BLOCK_BYTES + 1);
            }
            part.get(bytes, (int) position, part.remaining());
        }

        void force() {
            durable = bytes.clone();
            dirty.clear();
        }

        void crash(RandomGenerator random) {
            byte[] left = durable.clone();
            boolean longer = bytes.length > durable.length;
            int size = longer ? random.nextInt(durable.length, bytes.length + 1) : durable.length;
            left = Arrays.copyOf(left, size);
            for (int block = dirty.nextSetBit(0); block >= 0; block = dirty.nextSetBit(block + 1)) {
                int start = block * BLOCK_BYTES;
                int length = Math.min(BLOCK_BYTES, Math.min(size, bytes.length) - start);
                if (length > 0 && random.nextBoolean()) {
                    System.arraycopy(bytes, start, left, start, length);
                }
            }
            bytes = left;
            force();
        }
    }

    /// Power is cut and comes back.
    public void crash() {
        life++;
        changesLeft = Long.MAX_VALUE;
        Map<String, Inode> left = new TreeMap<>(durableNames);
        boolean anySubset = random.nextBoolean();
        int prefix = random.nextInt(unsynced.size() + 1);
        for (int i = 0; i < unsynced.size(); i++) {
            if (anySubset ? random.nextBoolean() : i < prefix) {
                unsynced.get(i).applyTo(left);
            }
        }
        unsynced.clear();
        names = left;
        durableNames = new TreeMap<>(left);
        names.values().forEach(inode -> inode.crash(random));
    }

    /// The power goes in the middle of the change behind so many others: what became of that one,
    /// chance decides, and whatever comes behind it fails, until [#crash()].
    public void cutPowerAfter(long changes) {
        changesLeft = changes;
    }

    public boolean powerIsCut() {
        return changesLeft < 0;
    }

    /// @return whether this change goes through
    private boolean mayChange() throws IOException {
        checkPower();
        return --changesLeft >= 0;
    }

    private void checkPower() throws IOException {
        if (powerIsCut()) {
            throw new IOException("power is cut");
        }
    }

    void leaveBytes(long bytes) {
        bytesLeft = bytes;
    }

    void failForces() {
        forceFails = true;
    }

    void failDirectorySyncs() {
        syncFails = true;
    }

    /// The file's bytes as they are, to damage them.
    byte[] bytesOf(String name) {
        return names.get(name).bytes;
    }

    private Inode inode(String name) throws IOException {
        Inode inode = names.get(name);
        if (inode == null) {
            throw new NoSuchFileException(name);
        }
        return inode;
    }

    private void change(String from, String to, Inode inode) throws IOException {
        boolean whole = mayChange();
        if (whole || random.nextBoolean()) {
            NameChange change = new NameChange(from, to, inode);
            change.applyTo(names);
            unsynced.add(change);
        }
        checkPower();
    }

    @Override
    public List<String> list() {
        return List.copyOf(names.keySet());
    }

    @Override
    public long sizeOf(String name) throws IOException {
        return inode(name).bytes.length;
    }

    @Override
    public DiskFile create(String name) throws IOException {
        if (names.containsKey(name)) {
            throw new FileAlreadyExistsException(name);
        }
        Inode inode = new Inode();
        change(null, name, inode);
        return new Handle(inode);
    }

    @Override
    public DiskFile openToWrite(String name) throws IOException {
        return new Handle(inode(name));
    }

    @Override
    public DiskFile openToRead(String name) throws IOException {
        return new Handle(inode(name));
    }

    @Override
    public void rename(String from, String to) throws IOException {
        change(from, to, inode(from));
    }

    @Override
    public void delete(String name) throws IOException {
        change(name, null, inode(name));
    }

    @Override
    public void syncDirectory() throws IOException {
        if (syncFails) {
            throw new IOException("directory cannot be synced");
        }
        boolean whole = mayChange();
        if (whole || random.nextBoolean()) {
            unsynced.clear();
            durableNames = new TreeMap<>(names);
        }
        checkPower();
    }

    @Override
    public MemorySegment map(String name, Arena arena) throws IOException {
        byte[] bytes = inode(name).bytes;
        MemorySegment mapped = arena.allocate(Math.max(1, bytes.length));
        MemorySegment.copy(
                bytes, 0, mapped, java.lang.foreign.ValueLayout.JAVA_BYTE, 0, bytes.length);
        return mapped.asSlice(0, bytes.length);
    }

    private final class Handle implements DiskFile {
        private final Inode inode;
        private final int openedIn = life;
        private boolean closed;

        Handle(Inode inode) {
            this.inode = inode;
        }

        private void check() throws IOException {
            checkPower();
            if (closed || openedIn != life) {
                throw new IOException("file is closed: crashed=" + (openedIn != life));
            }
        }

        @Override
        public long size() throws IOException {
            check();
            return inode.bytes.length;
        }

        @Override
        public void write(long position, ByteBuffer... parts) throws IOException {
            check();
            boolean whole = mayChange();
            long at = position;
            for (ByteBuffer part : parts) {
                if (!whole) {
                    part.limit(part.position() + random.nextInt(part.remaining() + 1));
                }
                long bytes = part.remaining();
                if (bytes > bytesLeft) {
                    throw new IOException("no space left on device");
                }
                bytesLeft -= bytes;
                inode.write(at, part);
                at += bytes;
            }
            checkPower();
        }

        @Override
        public int read(long position, ByteBuffer into) throws IOException {
            check();
            int length = (int) Math.min(into.remaining(), inode.bytes.length - position);
            if (length <= 0) {
                return 0;
            }
            into.put(inode.bytes, (int) position, length);
            return length;
        }

        @Override
        public void force() throws IOException {
            check();
            if (forceFails) {
                throw new IOException("device does not answer");
            }
            boolean whole = mayChange();
            if (whole || random.nextBoolean()) {
                inode.force();
            }
            checkPower();
        }

        @Override
        public Optional<FileChannel> channel() {
            return Optional.empty();
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
