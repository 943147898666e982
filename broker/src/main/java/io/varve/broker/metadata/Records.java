// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import org.apache.kafka.common.metadata.ConfigRecord;
import org.apache.kafka.common.metadata.PartitionChangeRecord;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.RegisterBrokerRecord;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.server.common.ApiMessageAndVersion;
import org.apache.kafka.server.common.MetadataVersion;

/// Versions in which metadata records are written. Stateless.
final class Records {
    /// The metadata version that a new cluster starts with: the newest of Kafka's jars that is not
    /// experimental.
    static final MetadataVersion VERSION = MetadataVersion.LATEST_PRODUCTION;

    private Records() {}

    static ApiMessageAndVersion of(ApiMessage message) {
        short version =
                switch (message) {
                    case PartitionRecord record -> (short) 1; // directories
                    case PartitionChangeRecord record -> (short) 1; // directories
                    case RegisterBrokerRecord record -> VERSION.registerBrokerRecordVersion();
                    default -> (short) 0;
                };
        return new ApiMessageAndVersion(message, version);
    }

    static ApiMessageAndVersion config(
            byte resourceType,
            String resource,
            String name,
            @org.jspecify.annotations.Nullable String value) {
        return of(
                new ConfigRecord()
                        .setResourceType(resourceType)
                        .setResourceName(resource)
                        .setName(name)
                        .setValue(value));
    }
}
