// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.objectstore.ProbeResult.Check;
import io.varve.objectstore.ProbeResult.Failure;
import io.varve.objectstore.faulty.Fault;
import io.varve.objectstore.faulty.FaultyObjectStore;
import io.varve.objectstore.faulty.ScriptedFaults;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class StoreProbeTest {
    private static final String PREFIX = "probes/node-1/";

    private final MemoryObjectStore bucket =
            new MemoryObjectStore("bucket", InstantSource.system());
    private final ScriptedFaults faults = new ScriptedFaults();
    private final ObjectStore faulty = new FaultyObjectStore(bucket, faults, time -> {});

    @Test
    void passesAnHonestStoreAndLeavesNothing() throws IOException {
        bucket.put("other", ObjectBody.of(new byte[1]), PutMode.IF_ABSENT);

        ProbeResult result = StoreProbe.run(faulty, PREFIX);

        assertThat(result.failures()).isEmpty();
        assertThatCode(result::requirePassed).doesNotThrowAnyException();
        assertThat(result.summary()).isEqualTo("bucket=mem:bucket, all checks passed");
        assertThat(bucket.list("", "", 10)).extracting(ObjectInfo::key).containsExactly("other");
    }

    @Test
    void passesAfterAnEarlierProbeThatDied() throws IOException {
        bucket.put(PREFIX + "probe-once", ObjectBody.of(new byte[1]), PutMode.IF_ABSENT);
        bucket.put(PREFIX + "probe-race", ObjectBody.of(new byte[1]), PutMode.IF_ABSENT);

        assertThat(StoreProbe.run(faulty, PREFIX).failures()).isEmpty();
        assertThat(bucket.objects()).isZero();
    }

    @Test
    void refusesByNameAStoreThatIgnoresIfAbsent() {
        ProbeResult result = StoreProbe.run(new IgnoringConditions(bucket), PREFIX);

        assertThat(result.failures())
                .extracting(Failure::check)
                .contains(Check.PUT_IF_ABSENT_TWICE, Check.PUT_IF_ABSENT_RACE);
        assertThat(result.ignoresPutIfAbsent()).isTrue();
        assertThatThrownBy(result::requirePassed)
                .isInstanceOf(ObjectStoreException.Denied.class)
                .hasMessageContaining("does not enforce put-if-absent")
                .hasMessageContaining("bucket=mem:bucket");
        assertThat(bucket.objects()).isZero();
    }

    @Test
    void namesAListingThatForgets() {
        faults.next(1, StoreOperation.LIST, PREFIX, new Fault.ForgetEntry(1));

        assertOnlyFailure(Check.LIST_AFTER_WRITE);
    }

    @Test
    void namesARangedReadOfWrongBytes() {
        // The first two gets read what the racing puts left.
        faults.after(2, 1, StoreOperation.GET, PREFIX, new Fault.FlipGet(3));

        assertOnlyFailure(Check.RANGED_READ);
    }

    private void assertOnlyFailure(Check check) {
        ProbeResult result = StoreProbe.run(faulty, PREFIX);

        assertThat(result.failures()).extracting(Failure::check).containsExactly(check);
        assertThat(result.ignoresPutIfAbsent()).isFalse();
        assertThatThrownBy(result::requirePassed)
                .isInstanceOf(ObjectStoreException.Denied.class)
                .hasMessageContaining(check.label());
        assertThat(bucket.objects()).isZero();
    }

    @Test
    void tellsAStoreThatDoesNotAnswerFromOneThatLies() {
        faults.next(1, StoreOperation.PUT, PREFIX + "probe-once", new Fault.Throttle());

        ProbeResult result = StoreProbe.run(faulty, PREFIX);

        assertThat(result.passed()).isFalse();
        assertThat(result.ignoresPutIfAbsent()).isFalse();
        assertThatThrownBy(result::requirePassed)
                .isInstanceOf(ObjectStoreException.Transient.class);
    }

    @Test
    void writesNothingWhereItCannotDelete() {
        faults.next(1, StoreOperation.DELETE, PREFIX, new Fault.Deny());

        ProbeResult result = StoreProbe.run(faulty, PREFIX);

        assertThat(result.failures()).extracting(Failure::check).containsExactly(Check.DELETE);
        assertThatThrownBy(result::requirePassed).isInstanceOf(ObjectStoreException.Denied.class);
        assertThat(bucket.objects()).isZero();
    }

    /// Takes every put, as some servers do.
    private record IgnoringConditions(ObjectStore store) implements ObjectStore {
        @Override
        public ObjectInfo put(String key, ObjectBody body, PutMode mode)
                throws ObjectStoreException {
            return store.put(key, body, PutMode.OVERWRITE);
        }

        @Override
        public ObjectSlice get(String key, ByteRange range) throws ObjectStoreException {
            return store.get(key, range);
        }

        @Override
        public Optional<ObjectInfo> head(String key) throws ObjectStoreException {
            return store.head(key);
        }

        @Override
        public List<ObjectInfo> list(String prefix, String startAfter, int maxKeys)
                throws ObjectStoreException {
            return store.list(prefix, startAfter, maxKeys);
        }

        @Override
        public Map<String, DeleteResult> delete(Collection<String> keys)
                throws ObjectStoreException {
            return store.delete(keys);
        }

        @Override
        public Instant serverTime() throws ObjectStoreException {
            return store.serverTime();
        }

        @Override
        public String url() {
            return store.url();
        }

        @Override
        public void close() {
            store.close();
        }
    }
}
