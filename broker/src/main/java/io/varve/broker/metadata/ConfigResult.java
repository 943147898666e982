// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.requests.ApiError;

/// What became of one resource's changes: all of them or none.
public record ConfigResult(ConfigResource resource, ApiError error) {}
