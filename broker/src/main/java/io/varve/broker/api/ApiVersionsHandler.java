// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.feature.Features;
import org.apache.kafka.common.feature.SupportedVersionRange;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.apache.kafka.image.FeaturesImage;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.server.common.Feature;
import org.apache.kafka.server.common.MetadataVersion;

/// ApiVersions: which requests, versions and features there are. Thread-safe.
final class ApiVersionsHandler {
    private static final Map<String, SupportedVersionRange> FEATURES =
            Map.of(
                    MetadataVersion.FEATURE_NAME,
                    new SupportedVersionRange(
                            MetadataVersion.MINIMUM_VERSION.featureLevel(),
                            MetadataVersion.LATEST_PRODUCTION.featureLevel()),
                    Feature.GROUP_VERSION.featureName(),
                    new SupportedVersionRange((short) 0, Feature.GROUP_VERSION.latestProduction()));

    private final ClusterView cluster;

    ApiVersionsHandler(ClusterView cluster) {
        this.cluster = cluster;
    }

    ApiVersionsResponse apiVersions(ApiVersionsRequest request) {
        if (request.hasUnsupportedRequestVersion()) {
            return request.getErrorResponse(0, Errors.UNSUPPORTED_VERSION.exception());
        }
        if (!request.isValid()) {
            return request.getErrorResponse(0, Errors.INVALID_REQUEST.exception());
        }
        MetadataImage image = cluster.image();
        return new ApiVersionsResponse.Builder()
                .setApiVersions(ServedApis.advertised())
                .setSupportedFeatures(Features.supportedFeatures(FEATURES))
                .setFinalizedFeatures(finalized(image.features()))
                .setFinalizedFeaturesEpoch(image.highestOffsetAndEpoch().offset())
                .setAlterFeatureLevel0(request.version() < 4)
                .build();
    }

    private static Map<String, Short> finalized(FeaturesImage features) {
        Map<String, Short> levels = new HashMap<>(features.finalizedVersions());
        features.metadataVersion()
                .ifPresent(version ->
                        levels.put(MetadataVersion.FEATURE_NAME, version.featureLevel()));
        levels.keySet().retainAll(FEATURES.keySet());
        return levels;
    }
}
