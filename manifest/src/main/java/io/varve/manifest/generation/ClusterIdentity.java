// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.generation;

/// `varve.json`: what this bucket (or prefix) is. Put once, if absent, by the first broker.
public record ClusterIdentity(int formatVersion, String clusterId, long createdAtMs) {
    public static final int FORMAT_VERSION = 1;
}
