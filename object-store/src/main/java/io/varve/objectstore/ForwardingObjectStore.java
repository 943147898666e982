// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// A store in front of another one: passes on what says what the store is, so that whoever stands
/// in front changes its calls only. As thread-safe as the other.
public abstract class ForwardingObjectStore implements ObjectStore {
    private final ObjectStore behind;

    /// @param behind closed by [#close]
    protected ForwardingObjectStore(ObjectStore behind) {
        this.behind = behind;
    }

    @Override
    public String url() {
        return behind.url();
    }

    @Override
    public Optional<Path> directory() {
        return behind.directory();
    }

    @Override
    public StoreTraits traits() {
        return behind.traits();
    }

    @Override
    public List<EnclosingObject> enclosing(String name) throws ObjectStoreException {
        return behind.enclosing(name);
    }

    @Override
    public void close() {
        behind.close();
    }
}
