// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import io.varve.objectstore.BadConnectionContract;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.StoreLimits;
import java.net.URI;
import java.util.Optional;
import org.gaul.s3proxy.junit.S3ProxyExtension;
import org.junit.jupiter.api.extension.RegisterExtension;

final class S3ProxyBadConnectionTest extends BadConnectionContract {
    @RegisterExtension static final S3ProxyExtension PROXY = S3ProxyContractTest.proxy();

    @Override
    protected S3Server server() {
        return S3ProxyContractTest.server(PROXY);
    }

    /// It knows one user, and nobody else.
    @Override
    protected Optional<ObjectStore> openUnsigned(String bucket, URI through, StoreLimits limits) {
        return Optional.empty();
    }
}
