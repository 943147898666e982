// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.objectstore.ObjectStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/// What a broker finds around it: the bucket and the disk as they are, or as a test wants them.
///
/// @param bucket put around the store that the configuration names
record Surroundings(UnaryOperator<ObjectStore> bucket, Disks disks) {
    /// The disk that holds a directory.
    interface Disks {
        DiskMeter of(Path directory) throws IOException;
    }

    static Surroundings real() {
        return new Surroundings(
                UnaryOperator.identity(), directory -> DiskMeter.of(Files.getFileStore(directory)));
    }
}
