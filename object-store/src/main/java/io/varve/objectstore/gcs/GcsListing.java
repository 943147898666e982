// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import com.google.api.services.storage.Storage;
import com.google.api.services.storage.model.Objects;
import com.google.api.services.storage.model.StorageObject;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectKeys;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.StoreOperation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Lists objects in the order of their names' bytes. The service begins at a name, inclusive, and
/// may cut an answer anywhere, also before its first object. Thread-safe.
final class GcsListing {
    private static final String FIELDS = "items(name,size,timeCreated),nextPageToken";

    /// Most answers without a key of ours in a row: many more than a bucket has a reason for.
    private static final int BARREN_MAX = 10_000;

    private final GcsAddress address;
    private final GcsConnection connection;

    GcsListing(GcsAddress address, GcsConnection connection) {
        this.address = address;
        this.connection = connection;
    }

    /// As in [io.varve.objectstore.ObjectStore#list], of arguments that have been checked.
    List<ObjectInfo> list(String prefix, String startAfter, int maxKeys)
            throws ObjectStoreException {
        List<ObjectInfo> found = new ArrayList<>();
        String last = startAfter;
        @Nullable String token = null;
        int barren = 0;
        do {
            Objects page = ask(prefix, startAfter, token, maxKeys - found.size());
            int before = found.size();
            for (StorageObject object : items(page)) {
                String name = object.getName();
                if (name.compareTo(startAfter) > 0) {
                    checkOrder(name, last);
                    last = name;
                    if (ObjectKeys.isKey(name) && found.size() < maxKeys) {
                        found.add(GcsObjectStore.info(object));
                    }
                }
            }
            barren = found.size() > before ? 0 : barren + 1;
            checkProgress(barren, last);
            token = page.getNextPageToken();
        } while (token != null && !token.isEmpty() && found.size() < maxKeys);
        return found;
    }

    private static List<StorageObject> items(Objects page) {
        @Nullable List<StorageObject> items = page.getItems();
        return items == null ? List.of() : items;
    }

    private Objects ask(String prefix, String startAfter, @Nullable String token, int room)
            throws ObjectStoreException {
        return connection.call(
                StoreOperation.LIST,
                null,
                0,
                requests -> {
                    Storage.Objects.List list =
                            requests.service()
                                    .objects()
                                    .list(address.bucket())
                                    .setMaxResults((long) room)
                                    .setFields(FIELDS);
                    if (!prefix.isEmpty()) {
                        list.setPrefix(prefix);
                    }
                    if (!startAfter.isEmpty()) {
                        // The least key behind it: no byte of a key is less than this one.
                        list.setStartOffset(startAfter + "!");
                    }
                    if (token != null) {
                        list.setPageToken(token);
                    }
                    return requests.json(requests.request(list), Objects.class).content();
                });
    }

    private static void checkOrder(String name, String last) throws ObjectStoreException {
        if (name.compareTo(last) <= 0) {
            throw new ObjectStoreException.Denied(
                    "the store lists keys in another order than that of their bytes: key="
                            + name
                            + ", after="
                            + last,
                    null);
        }
    }

    private static void checkProgress(int barren, String last) throws ObjectStoreException {
        if (barren > BARREN_MAX) {
            throw new ObjectStoreException.Denied(
                    "the store's listing does not end: answers without a key="
                            + barren
                            + ", after="
                            + last,
                    null);
        }
    }
}
