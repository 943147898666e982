// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import com.azure.core.http.HttpMethod;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectKeys;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.StoreLimits;
import io.varve.objectstore.StoreOperation;
import io.varve.objectstore.azure.ListingPage.Entry;
import java.util.ArrayList;
import java.util.List;

/// Listings from any key on.
///
/// The service begins at a key when it is asked to (`startFrom`, the key itself included). Servers
/// that do not know it begin at the prefix, as Azurite does, or refuse; then all pages from there
/// on are read, as large as they come, and what was not wanted is dropped. Thread-safe.
final class AzureListing {
    /// The largest page that the service gives.
    private static final int PAGE_KEYS_MAX = 5_000;

    private static final int PAGE_BYTES_MAX = 64 << 20;

    private final AzureAddress address;
    private final AzureConnection connection;
    private final StoreLimits limits;
    private volatile boolean knowsStart = true;

    AzureListing(AzureAddress address, AzureConnection connection, StoreLimits limits) {
        this.address = address;
        this.connection = connection;
        this.limits = limits;
    }

    /// As in [io.varve.objectstore.ObjectStore#list], of arguments that have been checked.
    List<ObjectInfo> list(String prefix, String startAfter, int maxKeys)
            throws ObjectStoreException {
        boolean within = startAfter.startsWith(prefix) && !startAfter.isEmpty();
        if (!within && startAfter.compareTo(prefix) > 0) {
            // All keys with the prefix are before it.
            return List.of();
        }
        String after = within ? startAfter : "";
        Found found = new Found(after, maxKeys);
        ListingPage page = first(prefix, after, found);
        found.add(page);
        while (!page.next().isEmpty() && !found.isFull()) {
            int keys = found.skips ? PAGE_KEYS_MAX : found.room();
            page = read(ask(prefix, "", page.next(), keys));
            found.add(page);
        }
        return found.keys;
    }

    private ListingPage first(String prefix, String after, Found found)
            throws ObjectStoreException {
        if (after.isEmpty()) {
            return read(ask(prefix, "", "", found.room()));
        }
        if (knowsStart) {
            AzureAnswer answer = ask(prefix, after, "", found.room());
            if (answer.getStatusCode() != 400) {
                ListingPage page = read(answer);
                List<Entry> entries = page.entries();
                if (!entries.isEmpty()
                        && entries.getFirst().name().compareTo(BlobNames.of(after)) < 0) {
                    knowsStart = false;
                    found.skips = true;
                }
                return page;
            }
        }
        found.skips = true;
        return read(ask(prefix, "", "", PAGE_KEYS_MAX));
    }

    private ListingPage read(AzureAnswer answer) throws ObjectStoreException {
        if (!answer.isSuccess()) {
            throw connection.errors().refused("list", null, answer);
        }
        return ListingPage.parse(answer.body(), address.place());
    }

    private AzureAnswer ask(String prefix, String start, String marker, int keys)
            throws ObjectStoreException {
        return connection.call(
                "list",
                null,
                new AzureCall(
                                StoreOperation.LIST,
                                HttpMethod.GET,
                                url(prefix, start, marker, keys),
                                limits)
                        .answer(PAGE_BYTES_MAX, limits.attempt(), limits.call()));
    }

    private String url(String prefix, String start, String marker, int keys) {
        return address.containerUrl()
                + "?restype=container&comp=list&maxresults="
                + keys
                + parameter("prefix", BlobNames.of(prefix))
                + parameter("startFrom", BlobNames.of(start))
                + parameter("marker", marker);
    }

    private static String parameter(String name, String value) {
        return value.isEmpty() ? "" : "&" + name + "=" + AzureAddress.encode(value);
    }

    /// The smallest request that needs the container: a listing of one key, which unlike head says
    /// why it is refused.
    ///
    /// @throws ObjectStoreException what is wrong with container, credentials or network
    AzureAnswer askContainer(String action) throws ObjectStoreException {
        AzureAnswer answer =
                connection.call(
                        action,
                        null,
                        new AzureCall(
                                StoreOperation.LIST,
                                HttpMethod.GET,
                                url(address.prefix(), "", "", 1),
                                limits));
        if (!answer.isSuccess()) {
            throw connection.errors().refused(action, null, answer);
        }
        return answer;
    }

    /// The keys to be returned. Owner: one listing.
    private static final class Found {
        private final List<ObjectInfo> keys = new ArrayList<>();
        private final String after;
        private final int maxKeys;
        private String last = "";

        /// Whether the answers begin before what is wanted.
        private boolean skips;

        Found(String after, int maxKeys) {
            this.after = after;
            this.maxKeys = maxKeys;
        }

        boolean isFull() {
            return keys.size() >= maxKeys;
        }

        /// How many entries to ask for: the first may be the one that is not wanted.
        int room() {
            return maxKeys - keys.size() + 1;
        }

        void add(ListingPage page) throws ObjectStoreException {
            for (Entry entry : page.entries()) {
                add(entry);
            }
        }

        private void add(Entry entry) throws ObjectStoreException {
            String name = entry.name();
            if (name.compareTo(last) <= 0) {
                throw new ObjectStoreException.Denied(
                        "the store lists names in another order than that of their bytes: name="
                                + name
                                + ", after="
                                + last
                                + "; use an account without a hierarchical namespace",
                        null);
            }
            last = name;
            String key = BlobNames.keyOf(name).filter(ObjectKeys::isKey).orElse("");
            if (key.compareTo(after) > 0 && !entry.isFolder() && !isFull()) {
                keys.add(new ObjectInfo(key, entry.bytes(), entry.lastModified()));
            }
        }
    }
}
