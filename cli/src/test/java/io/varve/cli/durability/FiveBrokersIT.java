// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Five brokers with a topic of every replication factor: what each factor promises holds, and the
/// bucket of five restores onto two.
class FiveBrokersIT {
    private static final int BROKERS = 5;
    private static final int PARTITIONS = 2;

    @TempDir private Path folder = Path.of("");

    private final SeededRecords records = SeededRecords.of(100, 1_000);

    @Test
    void everyReplicationFactorHoldsItsPromiseAndFiveRestoreOntoTwo() throws Exception {
        try (BrokerNodes five = BrokerNodes.in(folder.resolve("five"), BROKERS).start()) {
            for (int factor = 1; factor <= BROKERS; factor++) {
                Cluster.create(
                        five.kafka(), new NewTopic(topic(factor), PARTITIONS, (short) factor));
            }
            assertThat(factors(five.kafka())).isEqualTo(Map.of(1, 1, 2, 2, 3, 3, 4, 4, 5, 5));
            Awaitility.await()
                    .atMost(120, TimeUnit.SECONDS)
                    .until(() -> whoLeadsIsPreferred(five.kafka()));
            try (SeededProducer all = new SeededProducer(five.kafka(), 0, records, partitions(1))) {
                all.sendAll(500);
                majoritiesGoOnWithoutTwo(five, all);
                Cluster.flush(five.kafka());
                five.kill();
                restoreOntoTwo(five.bucketUrl(), all);
            }
        }
    }

    private static String topic(int factor) {
        return "rf-" + factor;
    }

    private static List<TopicPartition> partitions(int factorMin) {
        List<TopicPartition> partitions = new ArrayList<>();
        for (int factor = factorMin; factor <= BROKERS; factor++) {
            for (int number = 0; number < PARTITIONS; number++) {
                partitions.add(new TopicPartition(topic(factor), number));
            }
        }
        return partitions;
    }

    /// With one broker gone, a factor of three and more takes writes, with two gone five does; the
    /// others go on when the brokers are back.
    private void majoritiesGoOnWithoutTwo(BrokerNodes five, SeededProducer all) throws Exception {
        five.node(5).kill();
        try (SeededProducer three = new SeededProducer(five.kafka(), 1, records, partitions(3))) {
            three.sendAll(200);
            five.node(4).kill();
            try (SeededProducer most =
                    new SeededProducer(five.kafka(), 2, records, partitions(BROKERS))) {
                most.sendAll(100);
            }
            five.start();
            three.sendAll(100);
            all.sendAll(200);
            ReadBack.of(five.kafka(), records, partitions(1)).requireAll(all);
            ReadBack.of(five.kafka(), records, partitions(3)).requireAll(three);
        }
    }

    /// What has more replicas than there are brokers gets what is there.
    private void restoreOntoTwo(String bucketUrl, SeededProducer all) throws Exception {
        JsonNode run =
                Cluster.json(
                        "recover",
                        "run",
                        "--cluster",
                        "--bucket",
                        bucketUrl,
                        "--yes",
                        "--force",
                        "-o",
                        "json");
        assertThat(run.get("generation").asInt()).isEqualTo(2);
        try (BrokerNodes two = BrokerNodes.in(folder.resolve("two"), 2)) {
            for (int id = 1; id <= 2; id++) {
                two.node(id).with("archive.bucket", bucketUrl);
            }
            two.start();
            ReadBack.of(two.kafka(), records, partitions(1)).requireAll(all);
            Awaitility.await()
                    .atMost(60, TimeUnit.SECONDS)
                    .until(() -> factors(two.kafka()).equals(Map.of(1, 1, 2, 2, 3, 2, 4, 2, 5, 2)));
            try (SeededProducer fresh =
                    new SeededProducer(two.kafka(), 3, records, partitions(1))) {
                fresh.sendAll(100);
                ReadBack.of(two.kafka(), records, partitions(1)).requireAll(fresh);
            }
        }
    }

    /// New shards are led where the placement wants it, not by whoever stood for election first.
    private static boolean whoLeadsIsPreferred(String bootstrap) throws Exception {
        return describe(bootstrap).stream()
                .flatMap(topic -> topic.partitions().stream())
                .allMatch(part ->
                        part.leader() != null
                                && part.leader().id() == part.replicas().getFirst().id());
    }

    /// By the factor that a topic was made with, how many replicas its partitions have.
    private static Map<Integer, Integer> factors(String bootstrap) throws Exception {
        Map<Integer, Integer> factors = new TreeMap<>();
        for (TopicDescription topic : describe(bootstrap)) {
            int made = Integer.parseInt(topic.name().substring("rf-".length()));
            topic.partitions()
                    .forEach(part -> factors.merge(made, part.replicas().size(), Math::max));
        }
        return factors;
    }

    private static Collection<TopicDescription> describe(String bootstrap) throws Exception {
        List<String> topics = new ArrayList<>();
        for (int factor = 1; factor <= BROKERS; factor++) {
            topics.add(topic(factor));
        }
        return Cluster.describe(bootstrap, topics);
    }
}
