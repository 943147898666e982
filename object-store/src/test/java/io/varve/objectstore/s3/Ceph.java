// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import io.varve.objectstore.ScriptedServer;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// A Ceph radosgw for the classes that register it.
final class Ceph implements BeforeAllCallback {
    private final ScriptedServer process = new ScriptedServer("ceph");

    @Override
    public void beforeAll(ExtensionContext context) {
        process.beforeAll(context);
    }

    S3Server server() {
        return S3Server.of(process);
    }
}
