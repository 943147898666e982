// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreContract;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.RegisterExtension;

final class CephContractTest extends ObjectStoreContract {
    @RegisterExtension static final Ceph CEPH = new Ceph();

    @Override
    protected ObjectStore emptyStore(Path directory) throws IOException {
        return CEPH.server().emptyBucket();
    }
}
