// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import org.apache.kafka.common.Uuid;

/// A topic named for deletion.
public sealed interface TopicToDelete {
    record ByName(String name) implements TopicToDelete {}

    record ById(Uuid id) implements TopicToDelete {}
}
