// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A Raft peer is a directory, not a node: who lost its directory has forgotten what it voted for.
class PeerIdentityTest {
    @TempDir Path folder;

    @Test
    void aDirectoryKeepsItsPeerAndAnotherOfTheSameNodeIsAnotherPeer() throws Exception {
        String first = peerOf(folder.resolve("one"));
        String again = peerOf(folder.resolve("one"));
        String other = peerOf(folder.resolve("other"));

        assertThat(first).matches("[0-9a-f]{32}");
        assertThat(again).isEqualTo(first);
        assertThat(other).matches("[0-9a-f]{32}").isNotEqualTo(first);
    }

    /// Of a broker with node id 1 that ran there.
    private static String peerOf(Path directory) throws Exception {
        try (RunningBroker running = RunningBroker.start(directory, Map.of())) {
            assertThat(running.ends).isEmpty();
        }
        return property(directory.resolve("data/varve.properties"));
    }

    private static String property(Path file) throws IOException {
        Properties properties = new Properties();
        try (Reader text = Files.newBufferedReader(file)) {
            properties.load(text);
        }
        return properties.getProperty("peer.bits", "");
    }
}
