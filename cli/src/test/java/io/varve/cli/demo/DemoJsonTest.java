// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.demo;

import static io.varve.cli.shell.JsonShape.assertShape;

import java.util.List;
import org.junit.jupiter.api.Test;

class DemoJsonTest {
    @Test
    void reportHasItsShape() {
        assertShape(
                "demo",
                new DemoReport(
                        true,
                        -7,
                        "file:///tmp/bucket",
                        List.of(new DemoReport.Step("start a broker", true, 1.25, "pid 7")),
                        new DemoReport.Rpo(0.5, 3),
                        new DemoReport.Rto(1, 2, 3)));
    }
}
