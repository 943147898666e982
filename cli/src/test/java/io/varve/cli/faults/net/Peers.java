// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.net;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Which party is at the other end of a connection of this machine: the kernel's table of sockets
/// names the socket of a pair of ports, and the process that has it open is one of those we know.
/// Linux only. Thread-safe.
public final class Peers {
    /// Everybody in this very process.
    public static final String CLIENTS = "clients";

    private static final int LOCAL = 1;
    private static final int REMOTE = 2;
    private static final int INODE = 9;
    private static final int TRIES = 20;
    private static final long BETWEEN_TRIES_NS = 5_000_000;

    private final Map<String, LongSupplier> pids = new ConcurrentHashMap<>();
    private volatile @Nullable String otherwise;

    public Peers() {
        pids.put(CLIENTS, () -> ProcessHandle.current().pid());
    }

    /// A party, by the process that it is now; 0 while it is none.
    public void know(String party, LongSupplier pid) {
        pids.put(party, pid);
    }

    /// From now on everybody is this one party.
    public void otherwise(String party) {
        pids.clear();
        otherwise = party;
    }

    /// Who connected, or nothing when it is gone already.
    Optional<String> find(Socket accepted) throws IOException {
        String everybody = otherwise;
        if (everybody != null) {
            return Optional.of(everybody);
        }
        for (int attempt = 0; attempt < TRIES; attempt++) {
            Optional<String> inode = inode(accepted.getPort(), accepted.getLocalPort());
            if (inode.isPresent()) {
                String link = "socket:[" + inode.get() + "]";
                for (Map.Entry<String, LongSupplier> party : pids.entrySet()) {
                    if (holds(party.getValue().getAsLong(), link)) {
                        return Optional.of(party.getKey());
                    }
                }
            }
            LockSupport.parkNanos(BETWEEN_TRIES_NS);
        }
        return Optional.empty();
    }

    private static Optional<String> inode(int localPort, int remotePort) throws IOException {
        for (String table : new String[] {"/proc/net/tcp6", "/proc/net/tcp"}) {
            Path file = Path.of(table);
            if (!Files.exists(file)) {
                continue;
            }
            for (String line : Files.readAllLines(file)) {
                String[] fields = line.strip().split("\\s+", -1);
                if (fields.length > INODE
                        && port(fields[LOCAL]) == localPort
                        && port(fields[REMOTE]) == remotePort
                        && !fields[INODE].equals("0")) {
                    return Optional.of(fields[INODE]);
                }
            }
        }
        return Optional.empty();
    }

    private static int port(String address) {
        int colon = address.lastIndexOf(':');
        return colon < 0 || address.length() != colon + 5
                ? 0
                : Integer.parseInt(address.substring(colon + 1), 16);
    }

    private static boolean holds(long pid, String link) throws IOException {
        if (pid == 0) {
            return false;
        }
        try (DirectoryStream<Path> open =
                Files.newDirectoryStream(Path.of("/proc/" + pid + "/fd"))) {
            for (Path fd : open) {
                if (is(fd, link)) {
                    return true;
                }
            }
            return false;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private static boolean is(Path fd, String link) throws IOException {
        try {
            return Files.readSymbolicLink(fd).toString().equals(link);
        } catch (NoSuchFileException e) {
            return false; // closed while we looked
        }
    }
}
