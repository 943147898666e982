// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.bucket;

import static io.varve.cli.shell.JsonShape.assertJsonShape;
import static io.varve.cli.shell.JsonShape.assertShape;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.cli.Run;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.ClusterIdentity;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.ObjectStores;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BucketCommandsTest {
    private static final String CLUSTER = "q5nKQQJgTsmYWsLDJmvKxA";

    @TempDir Path folder;
    private String bucket;

    @BeforeEach
    void makeABucketWithAnIdentity() throws ObjectStoreException {
        bucket = folder.resolve("bucket").toUri().toString();
        try (ObjectStore store = ObjectStores.open(bucket)) {
            ClusterFiles.createIdentity(store, new ClusterIdentity(1, CLUSTER, 1_000));
        }
    }

    @Test
    void listsWhatIsThere() {
        Run run = Run.of("bucket", "ls", "--bucket", bucket, "-o", "json");

        assertThat(run.exitCode()).isZero();
        List<String> lines = run.out().lines().toList();
        assertThat(lines).hasSize(1).first().asString().contains("varve.json");
        lines.forEach(line -> assertJsonShape("bucket-ls", line));
    }

    @Test
    void showsADocumentAsItIs() {
        Run run = Run.of("bucket", "show", "varve.json", "--bucket", bucket, "-o", "json");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains(CLUSTER);
        assertJsonShape("bucket-show", run.out());
    }

    @Test
    void aKeyThatIsNotThereIsAFailureThatNamesIt() {
        Run run = Run.of("bucket", "show", "generations/00000007/cut.json", "--bucket", bucket);

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err().lines()).hasSize(1);
        assertThat(run.err()).contains("generations/00000007/cut.json");
    }

    @Test
    void aBucketThatIsNotThereIsNotMade() {
        Path missing = folder.resolve("missing");

        for (String command : List.of("ls", "show varve.json", "cat orders/0")) {
            Run run = Run.of(("bucket " + command + " --bucket " + missing.toUri()).split(" "));

            assertThat(run.exitCode()).as(command).isEqualTo(2);
            assertThat(run.err().lines()).as(command).hasSize(1);
        }
        assertThat(Files.exists(missing)).isFalse();
    }

    @Test
    void catRefusesWhatIsNoPlace() {
        Run run = Run.of("bucket", "cat", "orders", "--bucket", bucket);

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("orders").contains("TOPIC/PARTITION");
    }

    @Test
    void aRecordOfTheBucketHasItsShape() {
        assertShape(
                "bucket-cat",
                new RecordPrinter.Line(
                        "orders", 0, 7, "2026-01-31T12:00:00Z", "k", "v", Map.of("trace", "1")));
        assertShape(
                "bucket-cat",
                new RecordPrinter.Line(
                        "orders",
                        0,
                        7,
                        "2026-01-31T12:00:00Z",
                        null,
                        null,
                        Collections.singletonMap("trace", null)));
    }
}
