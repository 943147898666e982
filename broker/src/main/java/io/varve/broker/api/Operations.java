// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import java.util.stream.Collectors;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.security.authorizer.AclEntry;

/// Operations as the bit field that responses carry. Without an authorizer everybody may do
/// everything, and Kafka says so. Stateless.
final class Operations {
    private Operations() {}

    static int all(ResourceType type) {
        return Utils.to32BitField(
                AclEntry.supportedOperations(type).stream()
                        .map(AclOperation::code)
                        .collect(Collectors.toSet()));
    }
}
