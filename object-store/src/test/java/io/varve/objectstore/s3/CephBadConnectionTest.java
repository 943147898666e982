// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import io.varve.objectstore.BadConnectionContract;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.StoreLimits;
import java.io.IOException;
import java.net.URI;
import java.util.Optional;
import org.junit.jupiter.api.extension.RegisterExtension;

final class CephBadConnectionTest extends BadConnectionContract {
    @RegisterExtension static final Ceph CEPH = new Ceph();

    @Override
    protected S3Server server() {
        return CEPH.server();
    }

    @Override
    protected Optional<ObjectStore> openUnsigned(String bucket, URI through, StoreLimits limits)
            throws IOException {
        return Optional.of(server().openToEverybody(bucket, through, limits));
    }
}
