// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.faulty;

import java.time.Duration;

/// Lets time pass for a delayed request: virtual time in simulation, a latch in a test.
@FunctionalInterface
public interface Waiter {
    void await(Duration time);
}
