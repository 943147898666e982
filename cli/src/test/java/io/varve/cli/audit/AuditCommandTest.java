// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.audit;

import static io.varve.cli.shell.JsonShape.assertJsonShape;
import static io.varve.cli.shell.JsonShape.assertShape;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.varve.cli.Run;
import io.varve.manifest.PartitionId;
import io.varve.manifest.generation.BrokerAlive;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.ClusterIdentity;
import io.varve.manifest.generation.GenerationClaim;
import io.varve.manifest.key.BucketKeys;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStores;
import io.varve.objectstore.PutMode;
import io.varve.recovery.Finding;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditCommandTest {
    private static final String CLUSTER = "q5nKQQJgTsmYWsLDJmvKxA";

    @TempDir Path folder;
    private String bucket;

    @BeforeEach
    void makeABucketOfAClusterThatWasFounded() throws Exception {
        bucket = folder.resolve("bucket").toUri().toString();
        try (ObjectStore store = ObjectStores.open(bucket)) {
            ClusterFiles.createIdentity(store, new ClusterIdentity(1, CLUSTER, 1_000));
            ClusterFiles.claim(store, new GenerationClaim(1, 0, "t", "founded", 0));
            BrokerAlive alive = new BrokerAlive("1-aa", 1, "PLAINTEXT://127.0.0.1:1", 0);
            ClusterFiles.found(store, 1, alive);
            ClusterFiles.sayAlive(store, 1, alive);
        }
    }

    private void put(String key, byte[] bytes) throws Exception {
        try (ObjectStore store = ObjectStores.open(bucket)) {
            store.put(key, ObjectBody.of(bytes), PutMode.OVERWRITE);
        }
    }

    private Run audit(String... more) {
        List<String> arguments = new java.util.ArrayList<>(List.of("audit", "--bucket", bucket));
        arguments.addAll(Arrays.asList(more));
        return Run.of(arguments.toArray(String[]::new));
    }

    @Test
    void aHealthyBucketIsDone() throws Exception {
        for (String level : List.of("names", "indexes", "bytes")) {
            Run run = audit("--level", level, "-o", "json");

            assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
            assertThat(run.err()).isEmpty();
            assertJsonShape("audit", run.out());
            JsonNode report = new ObjectMapper().readTree(run.out());
            assertThat(report.get("level").asText()).isEqualTo(level);
            assertThat(report.get("clusterId").asText()).isEqualTo(CLUSTER);
            assertThat(report.get("objects").asLong()).isEqualTo(4);
            assertThat(report.get("findings")).isEmpty();
        }
        assertThat(audit().out()).contains("nothing found").contains(CLUSTER);
    }

    @Test
    void aFindingIsBadNewsAndOneLine() throws Exception {
        put("holiday.jpg", new byte[] {1, 2, 3});

        Run json = audit("-o", "json");
        assertThat(json.exitCode()).isEqualTo(1);
        assertJsonShape("audit", json.out());
        JsonNode report = new ObjectMapper().readTree(json.out());
        assertThat(report.get("findings").get(0).get("key").asText()).isEqualTo("holiday.jpg");
        assertThat(report.get("counts").get("foreign-object").asLong()).isEqualTo(1);

        Run text = audit();
        assertThat(text.exitCode()).isEqualTo(1);
        assertThat(text.out().lines().filter(line -> line.contains("holiday.jpg"))).hasSize(1);
        assertThat(text.err()).isEmpty();
    }

    @Test
    void aNoteIsNoBadNews() throws Exception {
        put("probe/aa/probe-once", new byte[] {1});

        Run run = audit("-o", "json");

        assertThat(run.exitCode()).as(run.out()).isZero();
        assertJsonShape("audit", run.out());
        assertThat(run.out()).contains("probe/aa/probe-once").contains("info");
    }

    @Test
    void manyFindingsAreCountedAndNotAllListed() throws Exception {
        for (int i = 0; i < 70; i++) {
            put("stray-" + i, new byte[] {1});
        }

        Run run = audit();

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out().lines().filter(line -> line.startsWith("warning"))).hasSize(50);
        assertThat(run.out()).contains("and 20 more").contains("findings: 70");
    }

    @Test
    void whatCannotBeAuditedIsAFailureThatNamesIt() throws Exception {
        Path missing = folder.resolve("missing");
        Path empty = Files.createDirectory(folder.resolve("empty"));
        for (Path each : List.of(missing, empty)) {
            Run run = Run.of("audit", "--bucket", each.toUri().toString());
            assertThat(run.exitCode()).as("%s", each).isEqualTo(2);
            assertThat(run.err().lines()).as(run.err()).hasSize(1);
            assertThat(run.err()).contains(each.getFileName().toString());
        }
        assertThat(Files.exists(missing)).isFalse();
        Run topic = audit("--topic", "nothing");
        assertThat(topic.exitCode()).isEqualTo(2);
        assertThat(topic.err()).contains("nothing");
        assertThat(audit("--level", "everything").exitCode()).isEqualTo(2);
        assertThat(Run.of("audit").exitCode()).isEqualTo(2);
    }

    @Test
    void whatIsAnOrphanFollowsTheGraceOfTheCluster() throws Exception {
        String key =
                BucketKeys.segment(
                        "orders", new PartitionId(new Uuid(5, 6), 0), 0, 10, 1, 2, 0xabcdef);
        put(key, new byte[] {1});
        Files.setLastModifiedTime(
                folder.resolve("bucket").resolve(key),
                FileTime.from(Instant.now().minus(Duration.ofHours(2))));

        Run byDefault = audit("-o", "json");
        assertThat(byDefault.exitCode()).isEqualTo(1);
        assertThat(byDefault.out()).contains("orphan").contains(key);

        assertThat(audit("--delete-grace-ms", "86400000").exitCode()).isZero();
    }

    @Test
    void theSchemaKnowsEveryKind() {
        TreeMap<String, Long> counts = new TreeMap<>();
        TreeSet<String> kinds = new TreeSet<>();
        for (Finding.Kind kind : Finding.Kind.values()) {
            counts.put(kind.label(), 1L);
            kinds.add(kind.label());
        }
        List<AuditView.Found> found =
                kinds.stream()
                        .map(kind ->
                                new AuditView.Found(
                                        kind, "lost", "k", "orders", 0, 1L, 2L, 3L, "m", "r"))
                        .toList();
        assertShape(
                "audit",
                new AuditView(
                        "file:///b",
                        null,
                        "bytes",
                        "2026-01-31T12:00:00Z",
                        "2026-01-31T12:00:01.5Z",
                        1,
                        2,
                        3,
                        found,
                        counts));
    }
}
