// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import io.varve.objectstore.LostAnswerContract;
import org.gaul.s3proxy.junit.S3ProxyExtension;
import org.junit.jupiter.api.extension.RegisterExtension;

final class S3ProxyLostAnswerTest extends LostAnswerContract {
    @RegisterExtension static final S3ProxyExtension PROXY = S3ProxyContractTest.proxy();

    @Override
    protected S3Server server() {
        return S3ProxyContractTest.server(PROXY);
    }
}
