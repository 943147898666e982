// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import io.varve.objectstore.LostAnswerContract;
import org.junit.jupiter.api.extension.RegisterExtension;

final class MinioLostAnswerTest extends LostAnswerContract {
    @RegisterExtension static final Minio MINIO = new Minio();

    @Override
    protected S3Server server() {
        return MINIO.server();
    }
}
