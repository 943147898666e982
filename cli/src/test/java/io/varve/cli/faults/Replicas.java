// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/// How far brokers are, by their HTTP side. Stateless.
final class Replicas {
    private static final ObjectMapper JSON = new ObjectMapper();

    /// Records a replica may be behind while the load goes on: about a second of it.
    private static final long LAG_MAX = 200;

    private Replicas() {}

    /// Whether the brokers of the last step are as far as the one that is farthest.
    static boolean caughtUp(Stage stage) throws Exception {
        Map<Integer, Long> farthest = new HashMap<>();
        Map<Integer, Map<Integer, Long>> ends = new HashMap<>();
        for (int id : stage.brokers().ids()) {
            Map<Integer, Long> own = new HashMap<>();
            try {
                JsonNode storage =
                        JSON.readTree(
                                stage.brokers()
                                        .node(id)
                                        .get(
                                                "/api/v1/topics/"
                                                        + stage.partitions().getFirst().topic()
                                                        + "/storage"));
                for (JsonNode node : storage.path("partitions")) {
                    int partition = node.path("partition").asInt();
                    long end = node.path("highWatermark").asLong();
                    own.put(partition, end);
                    farthest.merge(partition, end, Math::max);
                }
            } catch (IOException _) {
                own.clear(); // it does not answer: it has nothing
            }
            ends.put(id, own);
        }
        for (int id : stage.choose(Who.VICTIM)) {
            Map<Integer, Long> own = ends.getOrDefault(id, Map.of());
            for (Map.Entry<Integer, Long> end : farthest.entrySet()) {
                if (own.getOrDefault(end.getKey(), 0L) < end.getValue() - LAG_MAX) {
                    return false;
                }
            }
        }
        return !farthest.isEmpty();
    }
}
