// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import io.varve.objectstore.ScriptedServer;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// A MinIO for the classes that register it.
final class Minio implements BeforeAllCallback {
    private final ScriptedServer process = new ScriptedServer("minio");

    @Override
    public void beforeAll(ExtensionContext context) {
        process.beforeAll(context);
    }

    S3Server server() {
        return S3Server.of(process);
    }
}
