// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import io.varve.broker.shard.AppendRules;
import org.apache.kafka.image.TopicImage;

/// What a topic's configuration allows producers to write. Thread-safe; asked for every batch, so
/// it is quick.
@FunctionalInterface
public interface TopicRules {
    AppendRules rulesOf(TopicImage topic);
}
