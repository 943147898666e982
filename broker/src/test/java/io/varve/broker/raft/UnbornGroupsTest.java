// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnbornGroupsTest {
    @TempDir Path raft;

    @Test
    void groupThatNeverGotItsMembersIsRemoved() throws IOException {
        Path group = group("term=0\nvotedFor=\n");

        assertThat(UnbornGroups.remove(raft, false)).containsExactly(group);
        assertThat(group).doesNotExist();
    }

    @Test
    void voteAmongSeveralIsNeverForgotten() throws IOException {
        Path group = group("term=1\nvotedFor=1-aa\n");

        assertThat(UnbornGroups.remove(raft, false)).isEmpty();
        assertThat(UnbornGroups.remove(raft, true)).containsExactly(group);
    }

    @Test
    void groupWithALogOrMembersStays() throws IOException {
        Path withLog = group("term=0\nvotedFor=\n");
        Files.createFile(withLog.resolve("current/log_inprogress_0"));
        Path withMembers = raft.resolve("b");
        Files.createDirectories(withMembers.resolve("current"));
        Files.createFile(withMembers.resolve("current/raft-meta.conf"));

        assertThat(UnbornGroups.remove(raft, true)).isEmpty();
        assertThat(UnbornGroups.remove(raft.resolve("missing"), true)).isEmpty();
    }

    private Path group(String metadata) throws IOException {
        Path group = raft.resolve("a");
        Files.createDirectories(group.resolve("current"));
        Files.writeString(group.resolve("in_use.lock"), "");
        Files.writeString(group.resolve("current/raft-meta"), metadata);
        return group;
    }
}
