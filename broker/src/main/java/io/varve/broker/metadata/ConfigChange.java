// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import java.util.List;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;

/// Changes of one resource's configs, as IncrementalAlterConfigs puts them. Immutable.
public record ConfigChange(ConfigResource resource, List<Op> ops) {
    public ConfigChange {
        ops = List.copyOf(ops);
    }

    /// One config's change.
    ///
    /// @param name as written, perhaps an alias
    /// @param value null only for DELETE
    public record Op(String name, OpType type, @Nullable String value) {}
}
