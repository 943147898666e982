// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults;

import java.io.IOException;

/// The bucket of a cluster under test, which can be taken away. Owner: one thread.
interface Bucket extends AutoCloseable {
    /// As brokers are told it.
    String url();

    /// Environment of every process that uses it.
    java.util.Map<String, String> environment();

    /// Nobody can use it from now on.
    void takeAway() throws IOException;

    /// It is there again, with what it held.
    void bringBack() throws IOException;

    /// How many objects it names that match, now; 0 while it is away.
    long count(String keyPattern) throws IOException;

    @Override
    void close() throws IOException;
}
