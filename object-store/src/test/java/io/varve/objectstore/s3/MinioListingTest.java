// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import org.junit.jupiter.api.extension.RegisterExtension;

final class MinioListingTest extends ListingContract {
    @RegisterExtension static final Minio MINIO = new Minio();

    @Override
    S3Server server() {
        return MINIO.server();
    }

    /// In one go it leaves keys out: that is why there are two ways.
    @Override
    boolean[] waysByFolders() {
        return new boolean[] {true};
    }
}
