// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/// Files under a folder, looked at and damaged while brokers make and delete them. Stateless.
public final class Folders {
    private static final int FILL_CHUNK = 64 << 10;

    private Folders() {}

    /// Files whose path matches, by path.
    public static List<Path> files(Path folder, String pathPattern) throws IOException {
        try (Stream<Path> tree = Files.walk(folder)) {
            return tree.filter(file -> file.toString().matches(pathPattern))
                    .filter(Files::isRegularFile)
                    .sorted()
                    .toList();
        } catch (UncheckedIOException e) {
            if (e.getCause() instanceof NoSuchFileException) {
                return files(folder, pathPattern); // one of them went while we looked
            }
            throw e;
        }
    }

    public static long bytes(List<Path> files) throws IOException {
        long bytes = 0;
        for (Path file : files) {
            try {
                bytes += Files.size(file);
            } catch (NoSuchFileException _) {
                bytes += 0; // went meanwhile
            }
        }
        return bytes;
    }

    /// Writes a file until so much of its disk is left, or, with 0, until no more fits.
    ///
    /// @return how many bytes it took
    public static long fill(Path file, long leftBytes) throws IOException {
        long bytes = 0;
        byte[] chunk = new byte[FILL_CHUNK];
        try (OutputStream out = Files.newOutputStream(file)) {
            while (leftBytes == 0 || file.toFile().getUsableSpace() > leftBytes) {
                out.write(chunk);
                bytes += chunk.length;
            }
        } catch (IOException e) {
            if (leftBytes > 0) {
                throw e;
            }
        }
        return bytes;
    }

    /// Changes one bit.
    public static void flip(Path file, long position) throws IOException {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            if (channel.read(one, position) != 1) {
                throw new IOException("no such byte: file=" + file + ", position=" + position);
            }
            one.put(0, (byte) (one.get(0) ^ 1)).rewind();
            channel.write(one, position);
        }
    }

    public static void truncate(Path file, long size) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(size);
        }
    }

    public static void deleteAll(Path folder) throws IOException {
        if (Files.exists(folder)) {
            io.varve.cli.shell.Folders.remove(folder);
        }
    }

    public static void copyAll(Path from, Path to) throws IOException {
        try (Stream<Path> tree = Files.walk(from)) {
            for (Path path : tree.toList()) {
                Files.copy(path, to.resolve(from.relativize(path).toString()));
            }
        }
    }
}
