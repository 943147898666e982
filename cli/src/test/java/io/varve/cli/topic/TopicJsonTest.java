// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.topic;

import static io.varve.cli.shell.JsonShape.assertShape;

import io.varve.broker.http.AdminView;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TopicJsonTest {
    private static final String ID = "AAAAAAAAAAAAAAAAAAAAAg";

    @Test
    void createdHasItsShape() {
        assertShape("topic-create", new TopicCreate.Created("orders", ID, 3, 1));
    }

    @Test
    void topicsHaveTheirShape() {
        assertShape(
                "topic-list",
                new TopicList.Topics(List.of(new TopicList.Row("orders", ID, 3, 1, false))));
        assertShape("topic-list", new TopicList.Topics(List.of()));
    }

    @Test
    void describedHasItsShape() {
        assertShape(
                "topic-describe",
                new TopicDescribe.Described(
                        "orders",
                        ID,
                        List.of(new TopicDescribe.Partition(0, -1, List.of(1), List.of())),
                        Map.of("retention.ms", "86400000")));
    }

    @Test
    void alteredHasItsShapeWithAndWithoutPartitions() {
        assertShape(
                "topic-alter", new TopicAlter.Altered("orders", Map.of("a", "b"), List.of("c"), 5));
        assertShape("topic-alter", new TopicAlter.Altered("orders", Map.of(), List.of("c"), null));
    }

    @Test
    void deletedHasItsShape() {
        assertShape("topic-delete", new TopicDelete.Deleted(List.of("orders"), true));
    }

    @Test
    void storageHasItsShape() {
        assertShape(
                "topic-storage",
                new AdminView.TopicStorage(
                        "orders",
                        List.of(
                                new AdminView.PartitionStorage(
                                        0, 1, 0, 50, 90, 100, 110, 1000, 900, 12, 10))));
    }
}
