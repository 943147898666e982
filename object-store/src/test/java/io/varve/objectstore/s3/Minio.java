// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import io.varve.objectstore.ScriptedServer;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// A MinIO for one test class.
final class Minio implements BeforeAllCallback, AfterAllCallback {
    private final ScriptedServer process = new ScriptedServer("minio");

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        process.beforeAll(context);
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        process.afterAll(context);
    }

    S3Server server() {
        return new S3Server(
                process.endpoint(),
                process.variable("AWS_ACCESS_KEY_ID"),
                process.variable("AWS_SECRET_ACCESS_KEY"));
    }
}
