// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.bucket;

import static io.varve.cli.shell.JsonShape.assertJsonShape;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.varve.cli.Run;
import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.CheckpointStore;
import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.key.BucketKeys;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStores;
import io.varve.objectstore.PutMode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `varve bucket tree`, `du`, and `ls` by pages.
class BucketSizesTest {
    private static final ShardId SHARD = new ShardId(1, 0, 0);

    @TempDir Path folder;
    private String bucket;

    @BeforeEach
    void fill() throws Exception {
        bucket = folder.resolve("bucket").toUri().toString();
        try (ObjectStore store = ObjectStores.open(bucket)) {
            for (int i = 0; i < 5; i++) {
                store.put(BucketKeys.journal(SHARD, i), bytes(100), PutMode.IF_ABSENT);
            }
            store.put("topics/orders/x/1", bytes(10), PutMode.IF_ABSENT);
            store.put("topics/visits/x/1", bytes(20), PutMode.IF_ABSENT);
        }
    }

    private static ObjectBody bytes(int count) {
        return ObjectBody.of(new byte[count]);
    }

    private Run run(String... arguments) {
        return Run.of(
                Stream.concat(
                                Stream.of("bucket"),
                                Stream.concat(
                                        Arrays.stream(arguments), Stream.of("--bucket", bucket)))
                        .toArray(String[]::new));
    }

    private static JsonNode json(Run run) throws Exception {
        assertThat(run.exitCode()).as(run.err()).isZero();
        return new ObjectMapper().readTree(run.out());
    }

    @Test
    void treeShowsFoldersWithWhatIsBelowThem() throws Exception {
        Run run = run("tree", "-o", "json");
        JsonNode tree = json(run);

        assertJsonShape("bucket-tree", run.out());
        assertThat(tree.get("objects").asLong()).isEqualTo(7);
        assertThat(tree.get("bytes").asLong()).isEqualTo(530);
        assertThat(tree.get("folders").findValuesAsText("folder"))
                .containsExactly(
                        "", "shards/", "shards/1/", "topics/", "topics/orders/", "topics/visits/");
        assertThat(run("tree", "--depth", "1").out())
                .containsSubsequence("OBJECTS", "FOLDER", "530", "shards/", "30", "topics/");
    }

    @Test
    void treeOfAFolderBeginsThere() throws Exception {
        JsonNode tree = json(run("tree", "topics", "--depth", "1", "-o", "json"));

        assertThat(tree.get("folder").asText()).isEqualTo("topics/");
        assertThat(tree.get("bytes").asLong()).isEqualTo(30);
        assertThat(tree.get("folders").findValuesAsText("folder"))
                .containsExactly("topics/", "topics/orders/", "topics/visits/");
    }

    @Test
    void treeRefusesWhatIsNoFolderOrDepth() {
        assertThat(run("tree", "a//b").exitCode()).isEqualTo(2);
        assertThat(run("tree", "a//b").err()).contains("not a folder: a//b");
        assertThat(run("tree", "--depth", "-1").err()).contains("--depth=-1", "give 0 or more");
    }

    @Test
    void duSumsByKindAndTopic() throws Exception {
        Run run = run("du", "--topics", "1", "-o", "json");
        JsonNode use = json(run);

        assertJsonShape("bucket-du", run.out());
        assertThat(use.get("bytes").asLong()).isEqualTo(530);
        assertThat(use.get("topics").findValuesAsText("topic")).containsExactly("visits");
        assertThat(use.get("otherTopics").get("topics").asLong()).isEqualTo(1);
        assertThat(use.get("doomed").get("objects").asLong()).isZero();
        assertThat(use.get("monthlyUsd").asDouble()).isZero();
        assertThat(run("du").out())
                .contains("journals", "foreign", "orders", "visits", "USD/MONTH", "prices: own");
    }

    @Test
    void duCountsWhatWaitsForItsDeletion() throws Exception {
        ShardCheckpoint checkpoint =
                new ShardCheckpoint(
                        "q5nKQQJgTsmYWsLDJmvKxA",
                        SHARD,
                        5,
                        1,
                        0,
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of(
                                new DoomedObject("topics/a", 7, "merged", 0),
                                new DoomedObject("topics/b", 8, "merged", 0)),
                        List.of());
        try (ObjectStore store = ObjectStores.open(bucket)) {
            CheckpointStore.put(store, checkpoint);
        }

        JsonNode use = json(run("du", "-o", "json"));

        assertThat(use.get("doomed").get("objects").asLong()).isEqualTo(2);
        assertThat(use.get("doomed").get("bytes").asLong()).isEqualTo(15);
    }

    @Test
    void duSaysWhenACheckpointCannotBeRead() throws Exception {
        try (ObjectStore store = ObjectStores.open(bucket)) {
            store.put(BucketKeys.checkpoint(SHARD, 9), bytes(3), PutMode.IF_ABSENT);
        }

        Run run = run("du", "-o", "json");

        assertJsonShape("bucket-du", run.out());
        assertThat(json(run).get("doomed").isNull()).isTrue();
        assertThat(run.err()).contains("doomed objects are not counted");
    }

    @Test
    void lsGoesOnBehindAKeyAndEndsAfterSoMany() throws Exception {
        List<String> all = run("ls", "-o", "json").out().lines().toList();
        String second = new ObjectMapper().readTree(all.get(1)).get("key").asText();

        assertThat(run("ls", "-o", "json", "--max", "2").out().lines().toList())
                .isEqualTo(all.subList(0, 2));
        assertThat(run("ls", "-o", "json", "--after", second).out().lines().toList())
                .isEqualTo(all.subList(2, all.size()));
        assertThat(run("ls", "--max", "0").err()).contains("--max=0", "give 1 or more");
    }

    @Test
    void lsReadsABucketOfManyPages() throws Exception {
        try (ObjectStore store = ObjectStores.open(bucket)) {
            for (int i = 0; i < 2_100; i++) {
                store.put("many/" + i, bytes(1), PutMode.IF_ABSENT);
            }
        }

        assertThat(run("ls", "many/").out().lines()).hasSize(2_100);
        assertThat(run("ls", "many/", "--max", "1500").out().lines()).hasSize(1_500);
        assertThat(json(run("tree", "many", "-o", "json")).get("objects").asLong())
                .isEqualTo(2_100);
        assertThat(json(run("du", "-o", "json")).get("kinds").toString())
                .contains("\"kind\":\"foreign\",\"objects\":2102");
    }
}
