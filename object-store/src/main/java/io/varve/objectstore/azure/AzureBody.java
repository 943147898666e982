// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/// The bytes of a request, as often as an attempt asks for them.
interface AzureBody {
    /// A request without one.
    AzureBody NONE = of(new byte[0]);

    long bytes();

    /// From the first byte. Whoever opens it closes it.
    InputStream open() throws IOException;

    static AzureBody of(byte[] content) {
        return new AzureBody() {
            @Override
            public long bytes() {
                return content.length;
            }

            @Override
            public InputStream open() {
                return new ByteArrayInputStream(content);
            }
        };
    }
}
