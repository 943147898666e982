// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import static io.varve.cli.durability.DamagedCluster.CALM;
import static io.varve.cli.durability.DamagedCluster.ORDERS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.varve.cli.Run;
import io.varve.cli.durability.DamagedCluster.Place;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.KafkaException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// One changed bit, or a file cut short, on local disk or in the bucket: what, where and what to do
/// is said, wrong data is never served, and what is not touched goes on where it can.
class DamageIT {
    private static final int FAILED = 2;

    @TempDir static Path folder;
    private static DamagedCluster cluster;

    @BeforeAll
    static void kill() throws Exception {
        cluster = DamagedCluster.in(folder);
    }

    @Test
    void aFrameBelowTheFloorIsReadFromTheBucket() throws Exception {
        try (BrokerNode broker = cluster.copy("below-floor")) {
            Place place = cluster.placeOf(broker, 3);
            Folders.flip(place.file(), place.position() + 100);

            broker.start();

            cluster.requireWhole(broker, ORDERS);
            cluster.requireWhole(broker, CALM);
            cluster.requireWritable(broker, ORDERS);
        }
    }

    @Test
    void aFrameAboveTheFloorStopsTheBrokerUntilItsBytesAreBack() throws Exception {
        try (BrokerNode broker = cluster.copy("above-floor")) {
            Place place = cluster.placeOf(broker, cluster.end() - 1);
            Folders.flip(place.file(), place.position() + 100);

            Ended ended = broker.startRefused();

            assertThat(ended.exitCode()).as(ended.err()).isNotZero();
            assertThat(ended.out()).doesNotContain("ready");
            assertThat(ended.err())
                    .contains("damage on local disk")
                    .contains("damaged frame: file=" + place.file().getFileName())
                    .contains("position=")
                    .contains("committed frame is missing or damaged on disk")
                    .contains("varve recover run --cluster");

            Folders.flip(place.file(), place.position() + 100);
            broker.start();
            cluster.requireWhole(broker, ORDERS);
            cluster.requireWhole(broker, CALM);
        }
    }

    @Test
    void aLogFileThatLostItsTailStopsTheBroker() throws Exception {
        try (BrokerNode broker = cluster.copy("tail")) {
            Place place = cluster.placeOf(broker, cluster.end() - 1);
            Folders.truncate(place.file(), place.position() + 100);

            Ended ended = broker.startRefused();

            assertThat(ended.exitCode()).as(ended.err()).isNotZero();
            assertThat(ended.out()).doesNotContain("ready");
            assertThat(ended.err()).contains("committed frame is missing or damaged on disk");
        }
    }

    @Test
    void aManifestStopsOldReadsOfItsPartitionOnly() throws Exception {
        try (BrokerNode broker = cluster.copy("manifest")) {
            Path manifest = DamagedCluster.newest(broker, "topics/orders/[^/]*/0/manifest/.*");
            flipMiddle(manifest);

            JsonNode plan = plan(broker, 0);
            assertThat(finding(plan.get("notes"), "unreadable-manifest").get("key").asText())
                    .endsWith(manifest.getFileName().toString());
            assertThat(plan.get("lost")).isEmpty();

            broker.start();
            cluster.requireWhole(broker, CALM);
            cluster.requireWritable(broker, CALM);
            // What local disk still holds is read there.
            Throwable thrown = catchThrowable(() -> cluster.requireWhole(broker, ORDERS));
            if (thrown != null) {
                assertThat(thrown)
                        .isInstanceOf(KafkaException.class)
                        .hasMessageContaining("corrupt message when fetching offset");
            }
            cluster.requireWritable(broker, ORDERS);
            assertThat(broker.log()).contains(manifest.getFileName().toString());
        }
    }

    @Test
    void aCheckpointIsReplacedByAnOlderOneAndJournals() throws Exception {
        try (BrokerNode broker = cluster.copy("checkpoint")) {
            Path checkpoint = DamagedCluster.newest(broker, "shards/1/1-0/checkpoint/.*");
            flipMiddle(checkpoint);

            JsonNode plan = plan(broker, 0);

            assertThat(finding(plan.get("notes"), "unreadable-checkpoint").get("key").asText())
                    .endsWith(checkpoint.getFileName().toString());
            assertThat(plan.get("lost")).isEmpty();
            assertThat(endOf(plan)).isEqualTo(cluster.end());
        }
    }

    @Test
    void aJournalThatIsCutShortIsALossThatThePlanNames() throws Exception {
        try (BrokerNode broker = cluster.copy("journal")) {
            Path journal = DamagedCluster.newest(broker, "shards/1/1-0/journal/.*");
            Folders.truncate(journal, 100);

            JsonNode plan = plan(broker, 1);

            JsonNode lost = finding(plan.get("lost"), "crc-mismatch");
            assertThat(lost.get("key").asText()).endsWith(journal.getFileName().toString());
            assertThat(lost.get("message").asText()).contains("journal cannot be read");
        }
    }

    @Test
    void documentsOfTheClusterAreNeeded() throws Exception {
        for (String document : List.of("varve.json", "generations/00000001.json")) {
            try (BrokerNode broker = cluster.copy("document-" + document.hashCode())) {
                flipMiddle(broker.bucket().resolve(document));

                assertThat(refused(broker))
                        .contains("bucket is damaged")
                        .contains(broker.bucketUrl())
                        .contains("object=" + document)
                        .contains("bring that object back");
            }
        }
    }

    @Test
    void filesOfTheDataDirectoryAreNeeded() throws Exception {
        try (BrokerNode broker = cluster.copy("local-checkpoint")) {
            Path checkpoint = broker.data().resolve("shards/1-1-0/checkpoint");
            flipMiddle(checkpoint);

            assertThat(refused(broker))
                    .contains(checkpoint.toString())
                    .contains("varve recover run --cluster");
        }
        try (BrokerNode broker = cluster.copy("raft-log")) {
            for (Path log : Folders.files(broker.data(), ".*/raft/.*/log_inprogress_.*")) {
                Folders.flip(log, 60);
            }

            assertThat(refused(broker))
                    .contains("Raft's log cannot be read")
                    .contains(broker.data().resolve("raft").toString())
                    .contains("varve recover run --cluster");
        }
        try (BrokerNode broker = cluster.copy("identity")) {
            Folders.truncate(broker.data().resolve("varve.properties"), 80);

            assertThat(refused(broker))
                    .contains("cannot read the directory's identity")
                    .contains(broker.data().resolve("varve.properties").toString());
        }
    }

    private static void flipMiddle(Path file) throws IOException {
        Folders.flip(file, Files.size(file) / 2);
    }

    /// The one line that it says when it does not start.
    private static String refused(BrokerNode broker) throws Exception {
        Ended ended = broker.startRefused();
        assertThat(ended.exitCode()).as(ended.err()).isEqualTo(FAILED);
        assertThat(ended.said()).as(ended.err()).hasSize(1);
        return ended.said().getFirst();
    }

    private static JsonNode plan(BrokerNode broker, int exitCode) throws IOException {
        Run run =
                Run.of(
                        "recover",
                        "plan",
                        "--cluster",
                        "--bucket",
                        broker.bucketUrl(),
                        "-o",
                        "json");
        assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(exitCode);
        return new ObjectMapper().readTree(run.out());
    }

    private static JsonNode finding(JsonNode findings, String kind) {
        for (JsonNode finding : findings) {
            if (finding.get("kind").asText().equals(kind)) {
                return finding;
            }
        }
        throw new AssertionError("no " + kind + " in " + findings);
    }

    private static long endOf(JsonNode plan) {
        for (JsonNode topic : plan.get("topics")) {
            if (topic.get("topic").asText().equals(ORDERS.topic())) {
                return topic.get("partitions").get(0).get("endOffset").asLong();
            }
        }
        throw new AssertionError("no orders in " + plan);
    }
}
