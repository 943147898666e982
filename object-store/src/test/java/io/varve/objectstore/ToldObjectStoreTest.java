// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ToldObjectStoreTest extends ObjectStoreContract {
    private final RequestMeter meter = new RequestMeter();

    @Override
    protected ObjectStore emptyStore(Path directory) throws ObjectStoreException {
        return ObjectStores.open("mem:", StoreAccess.of(BucketSettings.NONE, meter));
    }

    @Test
    void everyCallIsOneRequestWithTheStatusOfWhatItCameTo() throws ObjectStoreException {
        ObjectStore store = store();
        store.put("k", ObjectBody.of(new byte[10]), PutMode.IF_ABSENT);
        assertThatThrownBy(() -> store.put("k", ObjectBody.of(new byte[10]), PutMode.IF_ABSENT))
                .isInstanceOf(ObjectStoreException.AlreadyExists.class);
        store.get("k", ByteRange.span(0, 4));
        assertThatThrownBy(() -> store.get("k", ByteRange.span(10, 1)))
                .isInstanceOf(ObjectStoreException.InvalidRange.class);
        assertThatThrownBy(() -> store.get("missing", ByteRange.span(0, 1)))
                .isInstanceOf(ObjectStoreException.NotFound.class);
        store.head("k");
        store.head("missing");
        store.list("", "", 10);
        store.delete(List.of("k", "missing"));
        store.serverTime();
        assertThatThrownBy(() -> store.head("no key")).isNotNull();

        assertThat(meter.snapshot().byStatus())
                .isEqualTo(
                        Map.of(
                                StoreOperation.PUT, Map.of(200, 1L, 412, 1L),
                                StoreOperation.GET, Map.of(200, 1L, 416, 1L, 404, 1L),
                                StoreOperation.HEAD, Map.of(200, 1L, 404, 1L),
                                StoreOperation.LIST, Map.of(200, 1L),
                                StoreOperation.DELETE, Map.of(200, 1L),
                                StoreOperation.SERVER_TIME, Map.of(200, 1L)));
    }
}
