// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import io.varve.objectstore.LostAnswerContract;
import org.junit.jupiter.api.extension.RegisterExtension;

final class CephLostAnswerTest extends LostAnswerContract {
    @RegisterExtension static final Ceph CEPH = new Ceph();

    @Override
    protected S3Server server() {
        return CEPH.server();
    }
}
