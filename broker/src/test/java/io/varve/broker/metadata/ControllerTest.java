// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.broker.shard.Leadership;
import io.varve.manifest.PartitionId;
import io.varve.manifest.metadata.ShardDirectories;
import io.varve.manifest.topic.TopicDocument;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.junit.jupiter.api.Test;

class ControllerTest extends ControllerWorld {
    @Test
    void topicsAreSpreadOverShardsAndOpenWhenAnswered() {
        Controller controller = started(1);

        TopicResult result = create(controller, topic("a", 4));

        assertThat(result.error()).isEqualTo(ApiError.NONE);
        assertThat(result.partitions()).isEqualTo(4);
        assertThat(shards.openIn(1)).hasSize(2);
        assertThat(shards.openIn(2)).hasSize(2);
        TopicDocument told = TopicDocument.fromLine(shards.openIn(1).values().iterator().next());
        assertThat(told)
                .isEqualTo(new TopicDocument("a", result.id(), 4, Map.<String, String>of()));
        PartitionPlacement placement = metadata.placement("a", 3).orElseThrow();
        assertThat(shards.openIn(placement.shard())).containsKey(placement.id());
    }

    @Test
    void refusalsCarryKafkasCodes() {
        Controller controller = started(1);
        create(controller, topic("a.b", 1));

        assertThat(create(controller, topic("a.b", 1)).error().error())
                .isEqualTo(Errors.TOPIC_ALREADY_EXISTS);
        assertThat(create(controller, topic("a_b", 1)).error().error())
                .isEqualTo(Errors.INVALID_TOPIC_EXCEPTION);
        assertThat(create(controller, topic("a/b", 1)).error().error())
                .isEqualTo(Errors.INVALID_TOPIC_EXCEPTION);
        assertThat(create(controller, topic("x", 0)).error().error())
                .isEqualTo(Errors.INVALID_PARTITIONS);
        assertThat(create(controller, topic("x", 100_000)).error().error())
                .isEqualTo(Errors.POLICY_VIOLATION);
        assertThat(
                        create(controller, new NewTopic("x", 1, (short) 3, Map.of(), Map.of()))
                                .error()
                                .error())
                .isEqualTo(Errors.INVALID_REPLICATION_FACTOR);
        assertThat(
                        create(
                                        controller,
                                        new NewTopic(
                                                "x",
                                                1,
                                                (short) 1,
                                                Map.of(),
                                                Map.of("retention.mss", "1")))
                                .error()
                                .error())
                .isEqualTo(Errors.INVALID_CONFIG);
        assertThat(
                        create(
                                        controller,
                                        new NewTopic(
                                                "x", 1, (short) 1, Map.of(0, List.of(1)), Map.of()))
                                .error()
                                .error())
                .isEqualTo(Errors.INVALID_REQUEST);
        assertThat(create(controller, manual(Map.of(0, List.of(9)))).error().error())
                .isEqualTo(Errors.INVALID_REPLICA_ASSIGNMENT);
        assertThat(create(controller, manual(Map.of(1, List.of(1)))).error().error())
                .isEqualTo(Errors.INVALID_REPLICA_ASSIGNMENT);
        assertThat(create(controller, manual(Map.of(0, List.of(1)))).error())
                .isEqualTo(ApiError.NONE);
        assertThat(join(controller.createTopics(List.of(topic("d", 1), topic("d", 1)), false)))
                .singleElement()
                .satisfies(result ->
                        assertThat(result.error().error()).isEqualTo(Errors.INVALID_REQUEST));
        assertThat(create(controller, topic("__cluster_metadata", 1)).error().error())
                .isEqualTo(Errors.TOPIC_AUTHORIZATION_FAILED);
    }

    @Test
    void validateOnlyChangesNothing() {
        Controller controller = started(1);
        int before = log.batches();

        List<TopicResult> results = join(controller.createTopics(List.of(topic("a", 3)), true));

        assertThat(results.getFirst().error()).isEqualTo(ApiError.NONE);
        assertThat(results.getFirst().partitions()).isEqualTo(3);
        assertThat(log.batches()).isEqualTo(before);
        assertThat(metadata.topic("a")).isEmpty();
    }

    @Test
    void configsReachTheShardsUnderTheirCanonicalNames() {
        Controller controller = started(1);
        TopicResult topic =
                create(
                        controller,
                        new NewTopic(
                                "a",
                                1,
                                (short) 1,
                                Map.of(),
                                Map.of("retention.local.target.ms", "5")));
        assertThat(metadata.topicConfigs("a"))
                .containsExactly(Map.entry("local.retention.ms", "5"));

        assertThat(alter(controller, "a", new ConfigChange.Op("retention.ms", OpType.SET, "9")))
                .isEqualTo(Errors.NONE);
        assertThat(
                        alter(
                                controller,
                                "a",
                                new ConfigChange.Op("cleanup.policy", OpType.APPEND, "compact")))
                .isEqualTo(Errors.NONE);
        assertThat(
                        alter(
                                controller,
                                "a",
                                new ConfigChange.Op("local.retention.ms", OpType.DELETE, null)))
                .isEqualTo(Errors.NONE);
        assertThat(alter(controller, "a", new ConfigChange.Op("retention.ms", OpType.APPEND, "9")))
                .isEqualTo(Errors.INVALID_CONFIG);
        assertThat(alter(controller, "a", new ConfigChange.Op("retention.ms", OpType.SET, null)))
                .isEqualTo(Errors.INVALID_REQUEST);
        assertThat(alter(controller, "none", new ConfigChange.Op("retention.ms", OpType.SET, "1")))
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);

        Map<String, String> expected =
                Map.of("retention.ms", "9", "cleanup.policy", "delete,compact");
        assertThat(metadata.topicConfigs("a")).isEqualTo(expected);
        int shard = metadata.placement("a", 0).orElseThrow().shard();
        assertThat(TopicDocument.fromLine(shards.openIn(shard).get(new PartitionId(topic.id(), 0))))
                .isEqualTo(new TopicDocument("a", topic.id(), 1, expected));
    }

    @Test
    void alteredBrokerConfigsAreTheDefaultsOfTopics() throws Exception {
        Controller controller = started(1);
        create(controller, topic("a", 1));
        TopicPolicies policies =
                new TopicPolicies(metadata, new io.varve.broker.config.TopicConfigs(config(1)), 1);
        assertThat(policies.policy("a").retentionMs()).hasValue(604_800_000);

        ConfigResource all = new ConfigResource(ConfigResource.Type.BROKER, "");
        assertThat(
                        join(controller.alterConfigs(
                                        List.of(
                                                new ConfigChange(
                                                        all,
                                                        List.of(
                                                                new ConfigChange.Op(
                                                                        "log.retention.ms",
                                                                        OpType.SET,
                                                                        "77")))),
                                        false))
                                .getFirst()
                                .error())
                .isEqualTo(ApiError.NONE);

        assertThat(policies.policy("a").retentionMs()).hasValue(77);
        assertThat(policies.rules("a").maxMessageBytes()).isEqualTo(1_048_588);
    }

    @Test
    void morePartitionsAreOpenedAndOldOnesToldOfThem() {
        Controller controller = started(1);
        TopicResult topic = create(controller, topic("a", 1));

        assertThat(widen(controller, "a", 1)).isEqualTo(Errors.INVALID_PARTITIONS);
        assertThat(widen(controller, "none", 2)).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
        assertThat(widen(controller, "a", 3)).isEqualTo(Errors.NONE);

        Map<PartitionId, String> open = allOpen();
        assertThat(open).hasSize(3);
        assertThat(open.values())
                .allSatisfy(
                        line -> assertThat(TopicDocument.fromLine(line).partitions()).isEqualTo(3));
        assertThat(open).containsKey(new PartitionId(topic.id(), 2));
    }

    @Test
    void deletionAnswersAfterTheJournalHoldsIt() {
        Controller controller = started(1);
        create(controller, topic("a", 2));
        deletions.journal = new CompletableFuture<>();

        CompletableFuture<List<TopicResult>> answer =
                controller.deleteTopics(List.of(new TopicToDelete.ByName("a")), 60_000);
        join(controller.createTopics(List.of(topic("b", 1)), false)); // queue goes on meanwhile
        assertThat(metadata.topic("a")).isEmpty();
        assertThat(answer).isNotDone();
        assertThat(allOpen()).hasSize(3);

        deletions.journal.complete(null);
        assertThat(join(answer).getFirst().error()).isEqualTo(ApiError.NONE);
        assertThat(allOpen()).hasSize(1);
        assertThat(deletions.asked).hasSize(2).last().isEqualTo("trash a");
    }

    @Test
    void aShardThatChangesItsLeaderIsAskedAgainToOpenAndToClose() {
        Controller controller = started(1, 60_000);
        shards.refusals = 3;
        assertThat(create(controller, topic("a", 2)).error()).isEqualTo(ApiError.NONE);
        assertThat(allOpen()).hasSize(2);

        shards.refusals = 3;
        assertThat(delete(controller, new TopicToDelete.ByName("a"))).isEqualTo(Errors.NONE);
        assertThat(allOpen()).isEmpty();
    }

    @Test
    void deletionsAreRefusedByNameAndId() {
        Controller controller = started(1);
        create(controller, controller.offsetsTopic(Map.of("cleanup.policy", "compact")));

        assertThat(delete(controller, new TopicToDelete.ByName("none")))
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
        assertThat(delete(controller, new TopicToDelete.ById(new Uuid(9, 9))))
                .isEqualTo(Errors.UNKNOWN_TOPIC_ID);
        assertThat(delete(controller, new TopicToDelete.ByName("__consumer_offsets")))
                .isEqualTo(Errors.INVALID_REQUEST);
    }

    @Test
    void aCrashBetweenMetadataAndOpenIsMended() {
        Controller first = started(1);
        shards.down = true;
        TopicResult result = create(first, topic("a", 3));
        assertThat(result.error().error()).isEqualTo(Errors.REQUEST_TIMED_OUT);
        assertThat(allOpen()).isEmpty();

        restart();
        shards.down = false;
        join(started(1).reconcile());

        assertThat(allOpen()).hasSize(3);
    }

    @Test
    void aCrashBetweenDeletionAndCloseIsMended() {
        Controller first = started(1);
        create(first, topic("a", 3));
        create(first, topic("b", 1));
        deletions.journal = new CompletableFuture<>();
        assertThat(
                        join(first.deleteTopics(List.of(new TopicToDelete.ByName("a")), 1))
                                .getFirst()
                                .error()
                                .error())
                .isEqualTo(Errors.REQUEST_TIMED_OUT);
        assertThat(allOpen()).hasSize(4);

        restart();
        deletions.journal = CompletableFuture.completedFuture(null);
        join(started(1).reconcile());

        assertThat(allOpen()).hasSize(1);
        assertThat(deletions.asked).contains("trash a").doesNotContain("trash b");
    }

    @Test
    void nothingIsOpenedOrClosedWhileAShardIsUnknown() {
        Controller first = started(1);
        create(first, topic("a", 2));
        restart();
        shards.open.values().forEach(Map::clear);
        shards.known = false;

        Controller second = started(1);
        assertThat(join(second.reconcile())).isFalse();
        assertThat(allOpen()).isEmpty();

        shards.known = true;
        assertThat(join(second.reconcile())).isTrue();
        assertThat(allOpen()).hasSize(2);
    }

    @Test
    void aChangeOfUnknownOutcomeIsSettledBeforeTheNext() {
        for (MemoryMetadataLog.Fate fate :
                List.of(
                        MemoryMetadataLog.Fate.APPLIED_UNANSWERED,
                        MemoryMetadataLog.Fate.LOST_UNANSWERED)) {
            Controller controller = started(1);
            String name = "t-" + fate;
            log.nextFate = fate;
            assertThat(create(controller, topic(name, 1)).error().error())
                    .isEqualTo(Errors.REQUEST_TIMED_OUT);

            Errors again = create(controller, topic(name, 1)).error().error();

            assertThat(again)
                    .isEqualTo(
                            fate == MemoryMetadataLog.Fate.LOST_UNANSWERED
                                    ? Errors.NONE
                                    : Errors.TOPIC_ALREADY_EXISTS);
            restart();
        }
    }

    @Test
    void onlyTheLeaderOfShardZeroIsController() {
        Controller controller = started(1);
        controller.leadershipListener().onLeadership(Leadership.Elsewhere.UNKNOWN);
        assertThat(controller.active()).isFalse();
        assertThat(create(controller, topic("a", 1)).error().error())
                .isEqualTo(Errors.NOT_CONTROLLER);

        controller.leadershipListener().onLeadership(new Leadership.Ready(2));
        assertThat(create(controller, topic("a", 1)).error().error())
                .as("the log is in term 1")
                .isEqualTo(Errors.NOT_CONTROLLER);
        log.term = 2;
        assertThat(create(controller, topic("a", 1)).error()).isEqualTo(ApiError.NONE);
    }

    @Test
    void producerIdsAreNeverGivenTwice() {
        Set<Long> given = new HashSet<>();
        for (int life = 0; life < 3; life++) {
            Controller controller = started(1);
            ProducerIds ids = new ProducerIds(controller::producerIdBlock);
            for (int i = 0; i < 1_500; i++) {
                long id = join(ids.next()).producerId();
                assertThat(id >> 40).isEqualTo(3);
                assertThat(given.add(id)).as("id=%d", id).isTrue();
            }
            restart();
        }
    }

    @Test
    void afterARestorePartitionsAreOnTheShardThatCarriesThem() {
        Uuid topic = new Uuid(4, 4);
        var _ =
                log.append(
                        io.varve.manifest.metadata.MetadataRecords.batch(
                                List.of(
                                        Records.of(
                                                new TopicRecord().setName("old").setTopicId(topic)),
                                        Records.of(
                                                new PartitionRecord()
                                                        .setTopicId(topic)
                                                        .setPartitionId(0)
                                                        .setReplicas(List.of(7, 8, 9))
                                                        .setIsr(List.of(7))
                                                        .setLeader(7)
                                                        .setDirectories(
                                                                List.of(
                                                                        ShardDirectories.of(5),
                                                                        ShardDirectories.of(5),
                                                                        ShardDirectories.of(5))))),
                                1),
                        1);
        String line = new TopicDocument("old", topic, 1, Map.<String, String>of()).toLine();
        shards.open.get(2).put(new PartitionId(topic, 0), line);

        join(started(1).reconcile());

        assertThat(metadata.placement("old", 0).orElseThrow().shard())
                .as("where it is open")
                .isEqualTo(2);
        assertThat(metadata.shards().row(2).orElseThrow().nodes()).containsExactly(1);
        assertThat(metadata.wantedReplicas(2)).as("as the topic was made").isEqualTo(3);
        assertThat(allOpen()).hasSize(1);
    }

    @Test
    void tooManyWaitingChangesAreRefused() {
        Controller controller = controller(1, 50, 1);
        log.nextFate = MemoryMetadataLog.Fate.LOST_UNANSWERED;
        List<CompletableFuture<List<TopicResult>>> answers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            answers.add(controller.createTopics(List.of(topic("t" + i, 1)), false));
        }
        assertThat(
                        answers.stream()
                                .map(ControllerTest::join)
                                .map(results -> results.getFirst().error().messageWithFallback()))
                .anyMatch(message -> message.contains("too many changes"));
    }

    @Test
    void metadataThatCannotBeAppliedStopsWhereItIs() {
        Controller controller = started(1);
        create(controller, topic("a", 1));
        long before = metadata.appliedEnd();

        metadata.shardListener()
                .onMetadataRecords(before, before + 1, java.nio.ByteBuffer.wrap(new byte[] {1, 2}));
        metadata.shardListener()
                .onMetadataRecords(
                        before,
                        before + 1,
                        io.varve.manifest.metadata.MetadataRecords.batch(
                                List.of(
                                        Records.of(
                                                new org.apache.kafka.common.metadata
                                                                .RemoveTopicRecord()
                                                        .setTopicId(new Uuid(8, 8)))),
                                0));

        assertThat(metadata.appliedEnd()).isGreaterThanOrEqualTo(before);
        assertThat(metadata.whenApplied(before + 100)).isCompletedExceptionally();
        assertThat(metadata.topic("a")).isPresent();
    }
}
