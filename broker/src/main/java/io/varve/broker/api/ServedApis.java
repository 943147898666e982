// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import org.apache.kafka.common.message.ApiMessageType.ListenerType;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersionCollection;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.ApiVersionsResponse;

/// The requests that this broker answers, each at every version that Kafka's own classes speak.
/// What is not here is not advertised. Stateless.
final class ServedApis {
    static final Set<ApiKeys> KEYS =
            Collections.unmodifiableSet(
                    EnumSet.of(
                            ApiKeys.API_VERSIONS,
                            ApiKeys.METADATA,
                            ApiKeys.DESCRIBE_TOPIC_PARTITIONS,
                            ApiKeys.DESCRIBE_CLUSTER,
                            ApiKeys.PRODUCE,
                            ApiKeys.FETCH,
                            ApiKeys.LIST_OFFSETS,
                            ApiKeys.OFFSET_FOR_LEADER_EPOCH,
                            ApiKeys.INIT_PRODUCER_ID));

    private ServedApis() {}

    /// Ranges as they are advertised. Produce starts at 0 there, as in Kafka: old librdkafka would
    /// give up compression otherwise; it is accepted from 3 on.
    static ApiVersionCollection advertised() {
        return ApiVersionsResponse.collectApis(ListenerType.BROKER, KEYS, false);
    }

    /// Whether a request of this version is answered by its handler.
    static boolean serves(ApiKeys key, short version) {
        return KEYS.contains(key)
                && key.isVersionSupported(version)
                && version <= key.latestVersion(false);
    }
}
