// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.archive;

import static io.varve.cli.shell.JsonShape.assertShape;

import io.varve.broker.http.AdminView;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArchiveJsonTest {
    @Test
    void statusHasItsShape() {
        assertShape(
                "archive-status",
                new AdminView.ArchiveStatus(
                        List.of(
                                new AdminView.ShardStatus(
                                        1,
                                        true,
                                        10,
                                        12,
                                        5,
                                        100,
                                        2000,
                                        List.of(
                                                new AdminView.Job(
                                                        "journaler", "2026-01-31T12:00:00Z", null),
                                                new AdminView.Job("segmenter", null, "denied"))))));
    }

    @Test
    void flushedHasItsShape() {
        assertShape(
                "archive-flush",
                new AdminView.Flushed(List.of(new AdminView.FlushedPartition("orders", 0, 12))));
    }
}
