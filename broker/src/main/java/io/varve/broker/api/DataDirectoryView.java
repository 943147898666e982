// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

/// The one data directory, as DescribeLogDirs shows it. Quick: asked on request threads.
public interface DataDirectoryView {
    String path();

    /// Bytes of its disk, used and usable ones; -1 while nobody looked.
    long totalBytes();

    /// Bytes that are left there; -1 while nobody looked.
    long usableBytes();
}
