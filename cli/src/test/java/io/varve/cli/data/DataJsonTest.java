// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.data;

import static io.varve.cli.shell.JsonShape.assertShape;

import java.util.Map;
import org.junit.jupiter.api.Test;

class DataJsonTest {
    @Test
    void producedHasItsShape() {
        assertShape("produce", new ProduceCommand.Produced("orders", 12, Map.of(0, 7L, 1, 5L)));
    }

    @Test
    void aConsumedRecordHasItsShapeAlsoWithoutKeyAndValue() {
        assertShape(
                "consume",
                new ConsumeCommand.Line("orders", 0, 7, "2026-01-31T12:00:00.123Z", "k", "v"));
        assertShape(
                "consume",
                new ConsumeCommand.Line("orders", 0, 7, "2026-01-31T12:00:00Z", null, null));
    }
}
