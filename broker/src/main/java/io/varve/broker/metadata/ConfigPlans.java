// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import io.varve.broker.config.BrokerConfigs;
import io.varve.broker.config.DynamicDefaults;
import io.varve.broker.config.TopicConfigs;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.server.common.ApiMessageAndVersion;

/// Works out what a change of configs comes to, against one image. A resource's changes are taken
/// whole or not at all. Stateless but for its settings.
final class ConfigPlans {
    private final int nodeId;
    private final TopicConfigs topicConfigs;
    private final BrokerConfigs brokerConfigs;

    ConfigPlans(int nodeId, TopicConfigs topicConfigs, BrokerConfigs brokerConfigs) {
        this.nodeId = nodeId;
        this.topicConfigs = topicConfigs;
        this.brokerConfigs = brokerConfigs;
    }

    Plan<List<ConfigResult>> alter(
            MetadataImage image, List<ConfigChange> changes, boolean validateOnly) {
        List<ApiMessageAndVersion> records = new ArrayList<>();
        List<ConfigResult> results = new ArrayList<>();
        Set<ConfigResource> seen = new HashSet<>();
        for (ConfigChange change : changes) {
            List<ApiMessageAndVersion> own = new ArrayList<>();
            ApiError error =
                    seen.add(change.resource())
                            ? plan(image, change, own)
                            : new ApiError(
                                    Errors.INVALID_REQUEST,
                                    "Each resource must appear at most once: " + change.resource());
            if (error.isSuccess()) {
                records.addAll(own);
            }
            results.add(new ConfigResult(change.resource(), error));
        }
        return new Plan<>(validateOnly ? List.of() : records, results);
    }

    private ApiError plan(
            MetadataImage image, ConfigChange change, List<ApiMessageAndVersion> records) {
        ConfigResource resource = change.resource();
        ApiError error = resourceError(image, resource);
        if (error.isFailure()) {
            return error;
        }
        Map<String, String> before = Map.copyOf(image.configs().configMapForResource(resource));
        Map<String, String> after = new LinkedHashMap<>(before);
        Set<String> named = new HashSet<>();
        for (ConfigChange.Op op : change.ops()) {
            ApiError refused = applyOp(resource, op, named, after);
            if (refused.isFailure()) {
                return refused;
            }
        }
        ApiError invalid = check(image, resource, after);
        if (invalid.isFailure()) {
            return invalid;
        }
        Set<String> keys = new LinkedHashSet<>(before.keySet());
        keys.addAll(after.keySet());
        for (String key : keys) {
            String value = after.get(key);
            if (!java.util.Objects.equals(value, before.get(key))) {
                records.add(Records.config(resource.type().id(), resource.name(), key, value));
            }
        }
        return ApiError.NONE;
    }

    private ApiError resourceError(MetadataImage image, ConfigResource resource) {
        return switch (resource.type()) {
            case TOPIC ->
                    image.topics().getTopic(resource.name()) == null
                            ? new ApiError(
                                    Errors.UNKNOWN_TOPIC_OR_PARTITION,
                                    "The topic '" + resource.name() + "' does not exist.")
                            : ApiError.NONE;
            case BROKER -> brokerError(image, resource.name());
            default ->
                    new ApiError(
                            Errors.INVALID_REQUEST,
                            "configs of this kind cannot be altered: type=" + resource.type());
        };
    }

    private static ApiError brokerError(MetadataImage image, String name) {
        if (name.isEmpty()) {
            return ApiError.NONE;
        }
        return name.matches("[0-9]{1,9}") && image.cluster().broker(Integer.parseInt(name)) != null
                ? ApiError.NONE
                : new ApiError(Errors.INVALID_REQUEST, "no such broker: name=" + name);
    }

    private static ApiError applyOp(
            ConfigResource resource,
            ConfigChange.Op op,
            Set<String> named,
            Map<String, String> after) {
        boolean topic = resource.type() == ConfigResource.Type.TOPIC;
        String name =
                (topic
                                ? TopicConfigs.canonicalName(op.name())
                                : BrokerConfigs.canonicalName(op.name()))
                        .orElse(op.name());
        if (!named.add(name)) {
            return new ApiError(
                    Errors.INVALID_REQUEST, "Error due to duplicate config keys: " + name);
        }
        String value = op.value();
        if (op.type() == OpType.DELETE) {
            after.remove(name);
            return ApiError.NONE;
        }
        if (value == null) {
            return new ApiError(
                    Errors.INVALID_REQUEST,
                    "Null value not supported for : " + op.type() + " of " + op.name());
        }
        if (op.type() == OpType.SET) {
            after.put(name, value);
            return ApiError.NONE;
        }
        boolean list = topic ? TopicConfigs.isList(name) : BrokerConfigs.isList(name);
        if (!list) {
            return new ApiError(
                    Errors.INVALID_CONFIG,
                    "Can't " + op.type() + " to key " + name + " because its type is not LIST.");
        }
        after.put(name, changedList(listBefore(topic, name, after), op.type(), value));
        return ApiError.NONE;
    }

    /// As in Kafka, a list that nobody set starts from its default.
    private static String listBefore(boolean topic, String name, Map<String, String> after) {
        String set = after.get(name);
        return set != null ? set : topic ? TopicConfigs.ownDefault(name).orElse("") : "";
    }

    private static String changedList(String before, OpType type, String value) {
        Set<String> items = items(before);
        if (type == OpType.APPEND) {
            items.addAll(items(value));
        } else {
            items.removeAll(items(value));
        }
        return String.join(",", items);
    }

    private static Set<String> items(String list) {
        Set<String> items = new LinkedHashSet<>();
        for (String item : list.split(",", -1)) {
            if (!item.isBlank()) {
                items.add(item.strip());
            }
        }
        return items;
    }

    private ApiError check(
            MetadataImage image, ConfigResource resource, Map<String, String> after) {
        DynamicDefaults dynamic = ClusterMetadata.dynamicDefaults(image, nodeId);
        if (resource.type() == ConfigResource.Type.TOPIC) {
            return topicConfigs.check(after, dynamic);
        }
        return brokerConfigs.check(
                resource.name().isEmpty()
                        ? new DynamicDefaults(Map.of(), after)
                        : new DynamicDefaults(after, dynamic.cluster()));
    }
}
