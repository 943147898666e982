// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.recover;

import static io.varve.cli.shell.JsonShape.assertJsonShape;
import static io.varve.cli.shell.JsonShape.assertShape;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.cli.Run;
import io.varve.cli.recover.PlanView.Found;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.ClusterIdentity;
import io.varve.manifest.generation.GenerationClaim;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.ObjectStores;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecoverCommandsTest {
    private static final String CLUSTER = "q5nKQQJgTsmYWsLDJmvKxA";

    @TempDir Path folder;
    private String bucket;

    @BeforeEach
    void makeABucket() throws ObjectStoreException {
        bucket = folder.resolve("bucket").toUri().toString();
        ObjectStores.open(bucket).close();
    }

    /// A cluster that was founded and never wrote.
    private void found() throws ObjectStoreException {
        try (ObjectStore store = ObjectStores.open(bucket)) {
            ClusterFiles.createIdentity(store, new ClusterIdentity(1, CLUSTER, 1_000));
            ClusterFiles.claim(store, new GenerationClaim(1, 0, "test", "founded", 1_000));
        }
    }

    @Test
    void aBucketWithoutAClusterIsAFailureThatNamesIt() {
        for (String command : List.of("plan --cluster", "run --cluster --yes")) {
            Run run = Run.of(("recover " + command + " --bucket " + bucket).split(" "));

            assertThat(run.exitCode()).as(command).isEqualTo(2);
            assertThat(run.err().lines()).as(command).hasSize(1);
            assertThat(run.err()).as(command).contains("--bucket=" + bucket);
        }
    }

    @Test
    void nobodyRestoresAClusterByLeavingSomethingOut() throws ObjectStoreException {
        found();

        Run run = Run.of("recover", "run", "--yes", "--bucket", bucket);

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("--cluster");
    }

    @Test
    void whatIsNotConfirmedIsNotDone() throws ObjectStoreException {
        found();

        Run run = Run.of("recover", "run", "--cluster", "--bucket", bucket);

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("not confirmed").contains("generation 2").contains("--yes");
        try (ObjectStore store = ObjectStores.open(bucket)) {
            assertThat(ClusterFiles.generations(store)).containsExactly(1);
        }
    }

    @Test
    void anAddressThatIsNoneIsRefusedBeforeAnythingIsClaimed() throws ObjectStoreException {
        found();

        Run run =
                Run.of(
                        "recover",
                        "run",
                        "--cluster",
                        "--yes",
                        "--bucket",
                        bucket,
                        "--wait",
                        "nonsense");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("--wait=nonsense");
        try (ObjectStore store = ObjectStores.open(bucket)) {
            assertThat(ClusterFiles.generations(store)).containsExactly(1);
        }
    }

    @Test
    void aGapThatIsNoneIsRefusedBeforeAnythingIsClaimed() throws ObjectStoreException {
        found();

        for (String command : List.of("run --yes", "plan")) {
            Run run =
                    Run.of(
                            ("recover " + command + " --cluster --offset-gap -5 --bucket " + bucket)
                                    .split(" "));
            assertThat(run.exitCode()).as(command).isEqualTo(2);
            assertThat(run.err()).as(command).contains("--offset-gap=-5");
        }
        try (ObjectStore store = ObjectStores.open(bucket)) {
            assertThat(ClusterFiles.generations(store)).containsExactly(1);
        }
    }

    @Test
    void planIsJsonAndNothingElse() throws ObjectStoreException {
        found();

        Run run = Run.of("recover", "plan", "--cluster", "--bucket", bucket, "-o", "json");

        assertThat(run.err()).isEmpty();
        assertJsonShape("recover-plan", run.out());
        assertThat(run.out()).contains(CLUSTER);
    }

    private static final Found LOSS =
            new Found(
                    "journal-hole",
                    "lost",
                    "shards/1/1-0/journal/7",
                    "orders",
                    0,
                    5L,
                    9L,
                    "records are missing",
                    "look for them");
    private static final Found NOTE =
            new Found(
                    "foreign-object",
                    "info",
                    "readme.txt",
                    null,
                    null,
                    null,
                    null,
                    "not ours",
                    "none");
    private static final PlanView.Topic TOPIC =
            new PlanView.Topic(
                    "orders",
                    "AAAAAAAAAAAAAAAAAAAAAg",
                    false,
                    new TreeMap<>(),
                    List.of(new PlanView.Partition(0, "named", 0, 50, 60, 1000, 100, 2, 1)));
    private static final PlanView.Lowered LOWERED =
            new PlanView.Lowered("billing", "orders", 0, 70, 60);

    private static PlanView plan(List<Found> lost) {
        return new PlanView(
                "file:///bucket",
                CLUSTER,
                1,
                2,
                false,
                "2026-01-31T12:00:00Z",
                null,
                List.of(TOPIC),
                List.of(
                        new PlanView.Group(
                                "billing", List.of(new PlanView.Offset("orders", 0, 60, 70)))),
                lost,
                List.of(LOWERED),
                1_000,
                List.of(NOTE),
                new PlanView.Cost(12, 3456, 6));
    }

    @Test
    void aPlanHasItsShapeAndItsTextNamesEveryLoss() {
        PlanView view = plan(List.of(LOSS));

        assertShape("recover-plan", view);
        assertThat(ReportText.plan(view))
                .contains("LOST OR DAMAGED: 1")
                .contains("lost journal-hole: records are missing: shards/1/1-0/journal/7")
                .contains("lowered to it")
                .contains("billing")
                .contains("--offset-gap 1000")
                .contains("look for them")
                .contains("would become generation 2");
        assertThat(ReportText.plan(plan(List.of())))
                .contains("lost: nothing that the bucket ever held");
    }

    @Test
    void aRunHasItsShapeWithAndWithoutTimes() {
        RunView measured =
                new RunView(
                        2,
                        1,
                        "2026-01-31T12:00:00Z",
                        new RunView.Rpo(4.5, null),
                        new RunView.Rto(3.25, 4, 5),
                        List.of(TOPIC),
                        List.of(LOSS),
                        List.of(LOWERED),
                        List.of(NOTE));
        RunView unmeasured =
                new RunView(
                        2,
                        1,
                        null,
                        new RunView.Rpo(null, null),
                        null,
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of());

        assertShape("recover-run", measured);
        assertShape("recover-run", unmeasured);
        assertThat(measured.text()).contains("RPO: at most 4.5 s").contains("first read 3.25 s");
        assertThat(unmeasured.text()).contains("RPO: unknown").doesNotContain("RTO");
    }

    @Test
    void topicsOfAPlanAndOfARunHaveTheirShapes() {
        TopicPlanView plan =
                new TopicPlanView(
                        "file:///bucket",
                        List.of(
                                new TopicPlanView.Topic(
                                        "orders",
                                        "AAAAAAAAAAAAAAAAAAAAAg",
                                        true,
                                        "2026-01-31T12:00:00Z",
                                        new TreeMap<>(),
                                        TOPIC.partitions()),
                                new TopicPlanView.Topic(
                                        "users",
                                        "AAAAAAAAAAAAAAAAAAAAAw",
                                        false,
                                        null,
                                        new TreeMap<>(),
                                        List.of())),
                        1_100,
                        List.of(LOSS),
                        List.of(NOTE));
        TopicRunView run =
                new TopicRunView(
                        CLUSTER,
                        1,
                        List.of(
                                new TopicRunView.Topic(
                                        "copy",
                                        "AAAAAAAAAAAAAAAAAAAABA",
                                        "orders",
                                        "AAAAAAAAAAAAAAAAAAAAAg",
                                        new TreeMap<>(),
                                        List.of(
                                                new TopicRunView.Partition(
                                                        0, 5, 61, 56, 1_000, 1)))),
                        2.5,
                        List.of(),
                        List.of(NOTE));

        assertShape("recover-plan-topic", plan);
        assertShape("recover-run-topic", run);
        assertThat(plan.text())
                .contains("orders.AAAAAAAAAAAAAAAAAAAAAg, deleted at 2026-01-31T12:00:00Z")
                .contains("users.AAAAAAAAAAAAAAAAAAAAAw, alive")
                .contains("LOST OR DAMAGED: 1");
        assertThat(run.text()).contains("copy").contains("open after 2.5 s");
    }

    @Test
    void topicsAndTheWholeClusterExcludeOneAnother() throws ObjectStoreException {
        found();

        for (String command :
                List.of(
                        "plan --cluster --topic orders",
                        "run --yes --cluster --topic orders",
                        "run --yes --topic orders users --as copy",
                        "plan --topic orders")) {
            Run run = Run.of(("recover " + command + " --bucket " + bucket).split(" "));

            assertThat(run.exitCode()).as(command).isEqualTo(2);
        }
    }

    @Test
    void aVerificationHasItsShape() {
        RecoverVerify.Verified verified =
                new RecoverVerify.Verified(
                        "file:///bucket",
                        "127.0.0.1:9092",
                        2,
                        3,
                        400,
                        false,
                        List.of(new RecoverVerify.Mismatch("group-offset", "billing", "lower")));

        assertShape("recover-verify", verified);
        assertThat(verified.text())
                .contains("group-offset billing: lower")
                .contains("mismatches: 1");
    }
}
