// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.raft;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Removes what a crash left of a group that was being created: Ratis makes the group's folder
/// first and writes its members with the first entry. A folder without both would come back as a
/// group without members, which nobody ever leads. Stateless.
public final class UnbornGroups {
    private static final Logger LOG = LoggerFactory.getLogger(UnbornGroups.class);

    private UnbornGroups() {}

    /// Call before the node is created.
    ///
    /// @param alone this broker is the only member of its groups: then not even its own vote is
    ///   worth remembering. Otherwise a group in which it may have voted is kept
    /// @return the folders that were removed
    public static List<Path> remove(Path directory, boolean alone) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        List<Path> unborn;
        try (Stream<Path> groups = Files.list(directory)) {
            unborn = groups.filter(Files::isDirectory).toList();
        }
        unborn =
                unborn.stream().filter(group -> isUnborn(group.resolve("current"), alone)).toList();
        for (Path group : unborn) {
            LOG.warn("group was never created to its end, it is made again: folder={}", group);
            try (Stream<Path> tree = Files.walk(group)) {
                for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
        return unborn;
    }

    private static boolean isUnborn(Path current, boolean alone) {
        try {
            if (!Files.isDirectory(current)) {
                return true;
            }
            try (Stream<Path> files = Files.list(current)) {
                if (files.map(file -> file.getFileName().toString())
                        .anyMatch(
                                name -> name.startsWith("log_") || name.equals("raft-meta.conf"))) {
                    return false;
                }
            }
            return alone || neverVoted(current.resolve("raft-meta"));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("cannot read raft folder: " + current, e);
        }
    }

    private static boolean neverVoted(Path metadata) throws IOException {
        if (!Files.exists(metadata)) {
            return true;
        }
        Properties properties = new Properties();
        try (var reader = Files.newBufferedReader(metadata)) {
            properties.load(reader);
        }
        return properties.getProperty("term", "").equals("0");
    }
}
