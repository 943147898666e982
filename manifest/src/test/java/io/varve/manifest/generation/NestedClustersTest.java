// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.generation;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.generation.NestedClusters.Neighbour;
import io.varve.objectstore.CountingObjectStore;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStores;
import io.varve.objectstore.PutMode;
import java.io.IOException;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class NestedClustersTest {
    private final String bucket = "mem:nested-" + UUID.randomUUID();

    private ObjectStore at(String prefix) throws IOException {
        return ObjectStores.open(prefix.isEmpty() ? bucket : bucket + "/" + prefix);
    }

    private void found(String prefix, String clusterId) throws IOException {
        try (ObjectStore store = at(prefix)) {
            ClusterFiles.createIdentity(store, new ClusterIdentity(1, clusterId, 0));
        }
    }

    private void put(String key) throws IOException {
        try (ObjectStore store = at("")) {
            store.put(key, ObjectBody.of(new byte[] {1}), PutMode.IF_ABSENT);
        }
    }

    private Optional<Neighbour> neighbourOf(String prefix) throws IOException {
        try (ObjectStore store = at(prefix)) {
            return NestedClusters.find(store);
        }
    }

    @Test
    void clustersSideBySideHaveNoNeighbour() throws IOException {
        found("a", "A");
        found("a-b", "B");
        found("c/d", "C");

        for (String prefix : new String[] {"a", "a-b", "c/d", "c/e", "new"}) {
            assertThat(neighbourOf(prefix)).as(prefix).isEmpty();
        }
    }

    @Test
    void aPrefixInsideAnotherClustersIsSeenAtAnyDepth() throws IOException {
        found("a", "A");

        for (String prefix : new String[] {"a/b", "a/topics", "a/b/c/d/e"}) {
            assertThat(neighbourOf(prefix))
                    .as(prefix)
                    .contains(new Neighbour("A", "prefix=a/", true));
        }
        found("", "ROOT");
        assertThat(neighbourOf("z")).contains(new Neighbour("ROOT", "the bucket's root", true));
        assertThat(neighbourOf("a/b").orElseThrow().text())
                .contains("cluster id=A", "prefix=a/", "a prefix of its own");
    }

    @Test
    void aPrefixThatHoldsAnotherClustersIsSeen() throws IOException {
        found("team/prod", "P");
        put("team/notes.txt");

        for (String prefix : new String[] {"", "team"}) {
            assertThat(neighbourOf(prefix).orElseThrow())
                    .as(prefix)
                    .isEqualTo(
                            new Neighbour(
                                    "P",
                                    "prefix below=" + (prefix.isEmpty() ? "team/prod/" : "prod/"),
                                    false));
        }
    }

    @Test
    void anIdentityThatCannotBeReadIsOne() throws IOException {
        put("team/varve.json");

        assertThat(neighbourOf("").orElseThrow().clusterId()).isEqualTo("unreadable");
        assertThat(neighbourOf("team/x").orElseThrow().clusterId()).isEqualTo("unreadable");
    }

    @Test
    void aClustersOwnObjectsAreNoNeighbour() throws IOException {
        found("", "ROOT");
        put("holds/varve.json");
        put("topics/t/varve.json/x");

        assertThat(neighbourOf("")).isEmpty();
    }

    /// Large folders are skipped over, and looked into afterwards.
    @Test
    void aClusterBesideAndInsideLargeFoldersIsSeen() throws IOException {
        for (String folder : new String[] {"a/", "b/one/", "b/two/"}) {
            for (int i = 0; i < 2_500; i++) {
                put(folder + i);
            }
        }
        assertThat(neighbourOf("")).isEmpty();

        found("b/two/deep/cluster", "DEEP");
        assertThat(neighbourOf("").orElseThrow().place())
                .isEqualTo("prefix below=b/two/deep/cluster/");

        found("c", "C");
        assertThat(neighbourOf("").orElseThrow().clusterId()).isEqualTo("C");
    }

    @Test
    void asksABoundedNumberOfTimes() throws IOException {
        for (int folder = 0; folder < 100; folder++) {
            for (int i = 0; i < 1_001; i++) {
                put("f" + folder + "/" + i);
            }
        }
        CountingObjectStore counting = new CountingObjectStore(at(""));

        assertThat(NestedClusters.find(counting)).isEmpty();
        assertThat(counting.counts().requests())
                .isLessThanOrEqualTo(NestedClusters.REQUESTS_MAX + 2);
    }
}
