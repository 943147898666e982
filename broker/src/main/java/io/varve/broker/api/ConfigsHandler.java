// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import io.varve.broker.config.ConfigDescription;
import io.varve.broker.metadata.ConfigChange;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.message.ListConfigResourcesResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.DescribeConfigsRequest;
import org.apache.kafka.common.requests.DescribeConfigsResponse;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigType;
import org.apache.kafka.common.requests.IncrementalAlterConfigsRequest;
import org.apache.kafka.common.requests.IncrementalAlterConfigsResponse;
import org.apache.kafka.common.requests.ListConfigResourcesRequest;
import org.apache.kafka.common.requests.ListConfigResourcesResponse;
import org.jspecify.annotations.Nullable;

/// DescribeConfigs, IncrementalAlterConfigs and ListConfigResources for topics and brokers.
/// Thread-safe.
final class ConfigsHandler {
    private final ClusterView cluster;
    private final Partitions partitions;
    private final ConfigViews configs;
    private final ClusterChanges changes;

    ConfigsHandler(
            ClusterView cluster,
            Partitions partitions,
            ConfigViews configs,
            ClusterChanges changes) {
        this.cluster = cluster;
        this.partitions = partitions;
        this.configs = configs;
        this.changes = changes;
    }

    DescribeConfigsResponse describe(DescribeConfigsRequest request) {
        List<DescribeConfigsResult> results = new ArrayList<>();
        for (DescribeConfigsResource resource : request.data().resources()) {
            DescribeConfigsResult result =
                    new DescribeConfigsResult()
                            .setResourceType(resource.resourceType())
                            .setResourceName(resource.resourceName());
            try {
                result.setConfigs(
                        descriptions(resource).stream()
                                .filter(config ->
                                        resource.configurationKeys() == null
                                                || resource.configurationKeys()
                                                        .contains(config.name()))
                                .map(config -> describe(config, request))
                                .toList());
            } catch (ApiException refused) {
                result.setErrorCode(Errors.forException(refused).code())
                        .setErrorMessage(refused.getMessage())
                        .setConfigs(List.of());
            }
            results.add(result);
        }
        return new DescribeConfigsResponse(new DescribeConfigsResponseData().setResults(results));
    }

    private List<ConfigDescription> descriptions(DescribeConfigsResource resource) {
        String name = resource.resourceName();
        return switch (ConfigResource.Type.forId(resource.resourceType())) {
            case TOPIC -> {
                if (partitions.topic(name, Uuid.ZERO_UUID).isEmpty()) {
                    throw Errors.UNKNOWN_TOPIC_OR_PARTITION.exception();
                }
                yield configs.topic(name);
            }
            case BROKER -> {
                if (name.isEmpty()) {
                    yield configs.broker().stream()
                            .filter(config ->
                                    config.source() == ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG)
                            .toList();
                }
                if (!name.equals(Integer.toString(cluster.nodeId()))) {
                    throw Errors.INVALID_REQUEST.exception(
                            "a broker's configs are asked of that broker: asked="
                                    + name
                                    + ", this="
                                    + cluster.nodeId());
                }
                yield configs.broker();
            }
            case GROUP -> ofImage(ConfigResource.Type.GROUP, name);
            case CLIENT_METRICS, BROKER_LOGGER, UNKNOWN ->
                    throw Errors.INVALID_REQUEST.exception(
                            "no configs of this kind here: resourceType="
                                    + resource.resourceType());
        };
    }

    private List<ConfigDescription> ofImage(ConfigResource.Type type, String name) {
        return cluster
                .image()
                .configs()
                .configMapForResource(new ConfigResource(type, name))
                .entrySet()
                .stream()
                .map(entry ->
                        new ConfigDescription(
                                entry.getKey(),
                                entry.getValue(),
                                ConfigSource.GROUP_CONFIG,
                                ConfigType.STRING,
                                false,
                                false,
                                "",
                                List.of()))
                .toList();
    }

    private static DescribeConfigsResourceResult describe(
            ConfigDescription config, DescribeConfigsRequest request) {
        DescribeConfigsResourceResult result =
                new DescribeConfigsResourceResult()
                        .setName(config.name())
                        .setValue(config.sensitive() ? null : config.value())
                        .setReadOnly(config.readOnly())
                        .setIsSensitive(config.sensitive())
                        .setConfigSource(config.source().id())
                        .setConfigType(config.type().id());
        if (request.data().includeSynonyms()) {
            result.setSynonyms(
                    config.synonyms().stream()
                            .map(synonym ->
                                    new DescribeConfigsSynonym()
                                            .setName(synonym.name())
                                            .setValue(config.sensitive() ? null : synonym.value())
                                            .setSource(synonym.source().id()))
                            .toList());
        }
        if (request.data().includeDocumentation()) {
            result.setDocumentation(config.documentation());
        }
        return result;
    }

    CompletableFuture<IncrementalAlterConfigsResponse> alter(
            IncrementalAlterConfigsRequest request) {
        List<ConfigChange> wanted = new ArrayList<>();
        Map<ConfigResource, ApiError> refused = new HashMap<>();
        Set<ConfigResource> seen = new HashSet<>();
        for (AlterConfigsResource asked : request.data().resources()) {
            ConfigResource resource =
                    new ConfigResource(
                            ConfigResource.Type.forId(asked.resourceType()), asked.resourceName());
            ApiError error =
                    seen.add(resource)
                            ? check(asked)
                            : new ApiError(
                                    Errors.INVALID_REQUEST,
                                    "Each resource must appear at most once.");
            if (error.isFailure()) {
                refused.put(resource, error);
            } else {
                wanted.add(new ConfigChange(resource, ops(asked)));
            }
        }
        wanted.removeIf(change -> refused.containsKey(change.resource()));
        return changes.alterConfigs(wanted, request.data().validateOnly())
                .thenApply(results -> {
                    List<AlterConfigsResourceResponse> answers = new ArrayList<>();
                    refused.forEach((resource, error) -> answers.add(altered(resource, error)));
                    results.forEach(
                            result -> answers.add(altered(result.resource(), result.error())));
                    return new IncrementalAlterConfigsResponse(
                            new IncrementalAlterConfigsResponseData().setResponses(answers));
                });
    }

    private static ApiError check(AlterConfigsResource asked) {
        ConfigResource.Type type = ConfigResource.Type.forId(asked.resourceType());
        if (type != ConfigResource.Type.TOPIC && type != ConfigResource.Type.BROKER) {
            return new ApiError(
                    Errors.INVALID_REQUEST,
                    "configs of this kind cannot be altered here: type=" + type);
        }
        Set<String> names = new HashSet<>();
        for (AlterableConfig config : asked.configs()) {
            OpType op = opOf(config.configOperation());
            if (op == null) {
                return new ApiError(
                        Errors.INVALID_REQUEST,
                        "unknown operation: config="
                                + config.name()
                                + ", operation="
                                + config.configOperation());
            }
            if (!names.add(config.name())) {
                return new ApiError(
                        Errors.INVALID_REQUEST, "config named twice: config=" + config.name());
            }
            if (config.value() == null && op != OpType.DELETE) {
                return new ApiError(Errors.INVALID_REQUEST, "no value: config=" + config.name());
            }
        }
        return ApiError.NONE;
    }

    private static @Nullable OpType opOf(byte id) {
        return OpType.forId(id);
    }

    private static List<ConfigChange.Op> ops(AlterConfigsResource asked) {
        List<ConfigChange.Op> ops = new ArrayList<>();
        for (AlterableConfig config : asked.configs()) {
            OpType op = opOf(config.configOperation());
            if (op != null) {
                ops.add(new ConfigChange.Op(config.name(), op, config.value()));
            }
        }
        return ops;
    }

    private static AlterConfigsResourceResponse altered(ConfigResource resource, ApiError error) {
        return new AlterConfigsResourceResponse()
                .setResourceType(resource.type().id())
                .setResourceName(resource.name())
                .setErrorCode(error.error().code())
                .setErrorMessage(error.isSuccess() ? null : error.messageWithFallback());
    }

    /// Resources that may have configs: all topics, this cluster's brokers, groups with configs of
    /// their own.
    ListConfigResourcesResponse list(ListConfigResourcesRequest request) {
        Set<Byte> types =
                request.data().resourceTypes().isEmpty()
                        ? request.supportedResourceTypes()
                        : new HashSet<>(request.data().resourceTypes());
        if (!request.supportedResourceTypes().containsAll(types)) {
            return request.getErrorResponse(0, Errors.UNSUPPORTED_VERSION.exception());
        }
        List<ListConfigResourcesResponseData.ConfigResource> found = new ArrayList<>();
        if (types.contains(ConfigResource.Type.TOPIC.id())) {
            cluster.image()
                    .topics()
                    .topicsByName()
                    .keySet()
                    .forEach(name -> found.add(listed(ConfigResource.Type.TOPIC, name)));
        }
        if (types.contains(ConfigResource.Type.BROKER.id())) {
            cluster.image()
                    .cluster()
                    .brokers()
                    .keySet()
                    .forEach(id -> found.add(listed(ConfigResource.Type.BROKER, id.toString())));
        }
        cluster.image().configs().resourceData().keySet().stream()
                .filter(resource -> types.contains(resource.type().id()))
                .filter(resource -> resource.type() == ConfigResource.Type.GROUP)
                .forEach(resource -> found.add(listed(resource.type(), resource.name())));
        return new ListConfigResourcesResponse(
                new ListConfigResourcesResponseData().setConfigResources(found));
    }

    private static ListConfigResourcesResponseData.ConfigResource listed(
            ConfigResource.Type type, String name) {
        return new ListConfigResourcesResponseData.ConfigResource()
                .setResourceType(type.id())
                .setResourceName(name);
    }
}
