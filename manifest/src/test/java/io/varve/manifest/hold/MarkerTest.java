// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.hold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.Damage;
import io.varve.manifest.golden.GoldenObjects;
import io.varve.manifest.key.BucketKeys;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

final class MarkerTest {
    private final MemoryObjectStore store = new MemoryObjectStore(InstantSource.system());

    private void put(String key, byte[] bytes) throws Exception {
        store.put(key, ObjectBody.of(bytes), PutMode.IF_ABSENT);
    }

    @Test
    void allMarkersAreFoundWithWhatTheyKeep() throws Exception {
        RestorePoint point = GoldenObjects.restorePoint();
        Hold hold = GoldenObjects.hold();
        put(point.key(), MarkerCodec.encode(point));
        put(hold.key(), MarkerCodec.encode(hold));

        assertThat(MarkerStore.all(store)).containsExactly(hold.asMarker(), point.asMarker());
        assertThat(point.asMarker().keys())
                .containsExactly(
                        BucketKeys.checkpoint(point.shards().getFirst().shard(), 20),
                        BucketKeys.journal(point.shards().getFirst().shard(), 20));
    }

    @Test
    void everyDamageIsNoticed() {
        Damage.everyFlippedByteAndTruncationIsNoticed(
                MarkerCodec.encode(GoldenObjects.restorePoint()),
                bytes -> MarkerCodec.restorePoint(bytes, "damaged"));
        Damage.everyFlippedByteAndTruncationIsNoticed(
                MarkerCodec.encode(GoldenObjects.hold()),
                bytes -> MarkerCodec.hold(bytes, "damaged"));
    }

    @Test
    void aMarkerUnderAnotherNameIsNotBelieved() throws Exception {
        put(BucketKeys.holds("other"), MarkerCodec.encode(GoldenObjects.hold()));

        assertThatThrownBy(() -> MarkerStore.all(store))
                .isInstanceOf(CorruptObjectException.class)
                .hasMessageContaining(BucketKeys.holds("other"));
    }

    @Test
    void anObjectThatIsNoMarkerIsNotPassedOver() throws Exception {
        put(BucketKeys.HOLDS_PREFIX + "readme.txt", new byte[] {1});

        assertThatThrownBy(() -> MarkerStore.all(store))
                .isInstanceOf(CorruptObjectException.class)
                .hasMessageContaining("readme.txt");
    }
}
