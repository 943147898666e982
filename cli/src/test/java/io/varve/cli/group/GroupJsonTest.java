// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.group;

import static io.varve.cli.shell.JsonShape.assertShape;

import java.util.List;
import org.junit.jupiter.api.Test;

class GroupJsonTest {
    @Test
    void groupsHaveTheirShape() {
        assertShape(
                "group-list",
                new GroupList.Groups(
                        List.of(new GroupList.Row("billing", "Classic", "consumer", "Stable"))));
    }

    @Test
    void describedHasItsShape() {
        assertShape(
                "group-describe",
                new GroupDescribe.Described(
                        "billing", List.of(new GroupDescribe.Row("orders", 0, 90, 100, 10))));
    }
}
