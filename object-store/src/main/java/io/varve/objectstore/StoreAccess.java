// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.security.SecureRandom;
import java.util.random.RandomGenerator;

/// What the client of a service is made with. Immutable.
///
/// @param requests told of every request
/// @param stamps for the numbers that puts are known by ([StampedPut])
public record StoreAccess(
        BucketSettings settings,
        StoreLimits limits,
        RequestListener requests,
        RandomGenerator stamps) {

    /// With the limits of the product.
    public static StoreAccess of(BucketSettings settings, RequestListener requests) {
        return new StoreAccess(settings, StoreLimits.DEFAULT, requests, new SecureRandom());
    }
}
