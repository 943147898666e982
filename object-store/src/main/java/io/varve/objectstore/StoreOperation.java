// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

/// The kinds of requests to an [ObjectStore].
public enum StoreOperation {
    PUT,
    GET,
    HEAD,
    LIST,
    DELETE,
    SERVER_TIME
}
