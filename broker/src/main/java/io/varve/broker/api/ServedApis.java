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
                            ApiKeys.CREATE_TOPICS,
                            ApiKeys.DELETE_TOPICS,
                            ApiKeys.CREATE_PARTITIONS,
                            ApiKeys.DESCRIBE_CONFIGS,
                            ApiKeys.INCREMENTAL_ALTER_CONFIGS,
                            ApiKeys.LIST_CONFIG_RESOURCES,
                            ApiKeys.DESCRIBE_LOG_DIRS,
                            ApiKeys.PRODUCE,
                            ApiKeys.FETCH,
                            ApiKeys.LIST_OFFSETS,
                            ApiKeys.OFFSET_FOR_LEADER_EPOCH,
                            ApiKeys.DELETE_RECORDS,
                            ApiKeys.INIT_PRODUCER_ID,
                            ApiKeys.FIND_COORDINATOR,
                            ApiKeys.JOIN_GROUP,
                            ApiKeys.SYNC_GROUP,
                            ApiKeys.HEARTBEAT,
                            ApiKeys.LEAVE_GROUP,
                            ApiKeys.OFFSET_COMMIT,
                            ApiKeys.OFFSET_FETCH,
                            ApiKeys.OFFSET_DELETE,
                            ApiKeys.DESCRIBE_GROUPS,
                            ApiKeys.LIST_GROUPS,
                            ApiKeys.DELETE_GROUPS,
                            ApiKeys.CONSUMER_GROUP_HEARTBEAT,
                            ApiKeys.CONSUMER_GROUP_DESCRIBE));

    private ServedApis() {}

    /// Ranges as they are advertised. Produce starts at 0 there, as in Kafka: old librdkafka would
    /// give up compression otherwise; it is accepted from 3 on.
    static ApiVersionCollection advertised() {
        return ApiVersionsResponse.collectApis(ListenerType.BROKER, KEYS, false);
    }
}
