// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import com.google.api.client.googleapis.batch.BatchCallback;
import com.google.api.client.googleapis.batch.BatchRequest;
import com.google.api.client.googleapis.json.GoogleJsonErrorContainer;
import com.google.api.client.http.HttpHeaders;
import com.google.api.client.http.HttpRequest;
import com.google.api.client.http.HttpResponseException;
import com.google.api.services.storage.Storage;
import io.varve.objectstore.DeleteResult;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.StoreOperation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Deletes objects in batches, each one request with an answer for each object. What the store asks
/// to be done later is asked again within the same call, alone. Owner: one call of
/// [GcsObjectStore#delete].
final class GcsDeletion {
    /// Most calls that the service takes in one request.
    private static final int BATCH_KEYS_MAX = 100;

    private final GcsAddress address;
    private final GcsConnection connection;
    private final GcsErrors errors;
    private final Map<String, DeleteResult> results = new HashMap<>();

    /// What the store said last of keys that may still succeed.
    private final Map<String, GcsRefusal> refused = new HashMap<>();

    GcsDeletion(GcsAddress address, GcsConnection connection, GcsErrors errors) {
        this.address = address;
        this.connection = connection;
        this.errors = errors;
    }

    /// @param keys that have been checked
    /// @return one result per key, in the order of the keys
    Map<String, DeleteResult> delete(Set<String> keys) throws ObjectStoreException {
        List<String> all = new ArrayList<>(keys);
        for (int from = 0; from < all.size(); from += BATCH_KEYS_MAX) {
            deleteBatch(all.subList(from, Math.min(all.size(), from + BATCH_KEYS_MAX)));
        }
        Map<String, DeleteResult> ordered = LinkedHashMap.newLinkedHashMap(all.size());
        for (String key : all) {
            @Nullable DeleteResult result = results.get(key);
            ordered.put(key, result == null ? failed(key) : result);
        }
        return ordered;
    }

    private DeleteResult failed(String key) {
        @Nullable GcsRefusal said = refused.get(key);
        return new DeleteResult.Failed(
                said == null
                        ? new ObjectStoreException.Transient(
                                "not deleted, the answer does not name the key: key="
                                        + key
                                        + ", "
                                        + address.place(),
                                null)
                        : errors.ofRefusal(said, StoreOperation.DELETE, key));
    }

    private void deleteBatch(List<String> keys) throws ObjectStoreException {
        Set<String> open = new LinkedHashSet<>(keys);
        try {
            var _ =
                    connection.call(
                            StoreOperation.DELETE,
                            null,
                            0,
                            requests -> {
                                send(requests, List.copyOf(open));
                                open.removeAll(results.keySet());
                                return checkNoneIsLeft(open);
                            });
        } catch (ObjectStoreException.Transient e) {
            // Where the last answer was one about keys, each has its own result.
            if (Collections.disjoint(open, refused.keySet())) {
                throw e;
            }
        }
    }

    /// @throws GcsRefusal of one key that may be deleted a little later: another attempt is due
    private boolean checkNoneIsLeft(Set<String> open) throws GcsRefusal {
        for (String key : open) {
            @Nullable GcsRefusal said = refused.get(key);
            if (said != null) {
                throw said;
            }
        }
        return true;
    }

    private void send(GcsRequests requests, List<String> keys) throws IOException {
        refused.keySet().removeAll(keys);
        Storage service = requests.service();
        BatchRequest batch = service.batch(service.getRequestFactory().getInitializer());
        for (String key : keys) {
            HttpRequest one = service.objects().delete(address.bucket(), key).buildHttpRequest();
            // What is asked again, and when, is not the batch's to decide.
            one.setNumberOfRetries(0);
            batch.queue(one, Void.class, GoogleJsonErrorContainer.class, new Result(key));
        }
        try {
            batch.execute();
        } catch (HttpResponseException e) {
            String content = e.getContent() == null ? "" : e.getContent();
            throw GcsRefusal.of(e.getStatusCode(), content.getBytes(StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            throw new IOException("an answer to a batch that cannot be read", e);
        }
    }

    /// Hears what became of one key.
    private final class Result implements BatchCallback<Void, GoogleJsonErrorContainer> {
        private final String key;

        Result(String key) {
            this.key = key;
        }

        @Override
        public void onSuccess(@Nullable Void nothing, HttpHeaders headers) {
            results.put(key, new DeleteResult.Deleted());
        }

        @Override
        public void onFailure(@Nullable GoogleJsonErrorContainer said, HttpHeaders headers) {
            if (said == null || said.getError() == null) {
                return;
            }
            GcsRefusal refusal = GcsRefusal.of(said.getError().getCode(), said.getError());
            if (refusal.status() == 404 && !GcsErrors.namesBucket(refusal)) {
                results.put(key, new DeleteResult.Deleted());
            } else if (refusal.passes()) {
                refused.put(key, refusal);
            } else {
                results.put(
                        key,
                        new DeleteResult.Failed(
                                errors.ofRefusal(refusal, StoreOperation.DELETE, key)));
            }
        }
    }
}
