// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.manifest.ShardId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
    private static final DirectoryIdentity IDENTITY =
            new DirectoryIdentity(
                    "cluster-a",
                    7,
                    2,
                    "00ff",
                    true,
                    List.of(new ShardId(2, 1, 0), new ShardId(2, 0, 3)));

    @TempDir Path temp;

    @Test
    void remembersItsIdentityAcrossStarts() throws Exception {
        try (DataDirectory directory = DataDirectory.open(temp.resolve("data"))) {
            assertThat(directory.identity()).isEmpty();
            directory.format(IDENTITY);
        }

        try (DataDirectory directory = DataDirectory.open(temp.resolve("data"))) {
            assertThat(directory.identity()).contains(IDENTITY);
            assertThat(IDENTITY.shards().getFirst()).isEqualTo(new ShardId(2, 0, 3));
        }
    }

    @Test
    void isUsedByOneBrokerAtATime() throws Exception {
        try (DataDirectory first = DataDirectory.open(temp)) {
            assertThat(first.identity()).isEmpty();
            assertThatThrownBy(() -> DataDirectory.open(temp))
                    .isInstanceOf(BrokerStartException.class)
                    .hasMessageContaining("in use by another broker");
        }
    }

    @Test
    void namesADamagedIdentityFileAndWhatToDo() throws Exception {
        Files.writeString(temp.resolve("varve.properties"), "format=1\ncluster.id=x\n");
        try (DataDirectory directory = DataDirectory.open(temp)) {
            assertThatThrownBy(directory::identity)
                    .isInstanceOf(BrokerStartException.class)
                    .hasMessageContaining("varve.properties")
                    .hasMessageContaining("recover");
        }
    }
}
