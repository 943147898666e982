// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import org.junit.jupiter.api.extension.RegisterExtension;

final class MinioAccessTest extends S3AccessContract {
    @RegisterExtension static final Minio MINIO = new Minio();

    @Override
    protected S3Server server() {
        return MINIO.server();
    }
}
