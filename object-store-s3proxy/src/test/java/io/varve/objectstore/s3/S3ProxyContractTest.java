// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreContract;
import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.gaul.s3proxy.junit.S3ProxyExtension;
import org.junit.jupiter.api.extension.RegisterExtension;

final class S3ProxyContractTest extends ObjectStoreContract {
    private static final Pattern UNFINISHED =
            Pattern.compile("w.+-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    @RegisterExtension static final S3ProxyExtension PROXY = proxy();

    static S3ProxyExtension proxy() {
        return S3ProxyExtension.builder()
                .withCredentials("test", "testsecret")
                .withBlobStoreProvider("transient-nio2")
                .build();
    }

    static S3Server server(S3ProxyExtension proxy) {
        return new S3Server(proxy.getUri(), "test", "testsecret");
    }

    /// S3Proxy 4.1 writes to a file beside the object, `KEY-UUID`, which listings show until it is
    /// renamed.
    @Override
    public boolean isUnfinishedPut(String key) {
        return UNFINISHED.matcher(key).matches();
    }

    @Override
    protected ObjectStore emptyStore(Path directory) throws IOException {
        return server(PROXY).emptyBucket();
    }
}
