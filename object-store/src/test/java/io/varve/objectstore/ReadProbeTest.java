// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.objectstore.ProbeResult.Check;
import io.varve.objectstore.ProbeResult.Checked;
import io.varve.objectstore.ProbeResult.Outcome;
import io.varve.objectstore.faulty.Fault;
import io.varve.objectstore.faulty.FaultyObjectStore;
import io.varve.objectstore.faulty.ScriptedFaults;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.io.IOException;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ReadProbeTest {
    private final MemoryObjectStore bucket = new MemoryObjectStore(InstantSource.system());
    private final ScriptedFaults faults = new ScriptedFaults();
    private final CountingObjectStore faulty =
            new CountingObjectStore(new FaultyObjectStore(bucket, faults, time -> {}));

    private ProbeResult probe() {
        return ReadProbe.run(faulty, "probe/none", InstantSource.system());
    }

    private void put(String key, int bytes) throws IOException {
        byte[] content = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            content[i] = (byte) (i * 7 + (i >> 8));
        }
        bucket.put(key, ObjectBody.of(content), PutMode.IF_ABSENT);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 999, 1_000, 1_001, 1_999, 2_000, 5_000})
    void passesAnHonestStoreAndWritesNothing(int bytes) throws IOException {
        put("a", bytes);
        put("b", 1);

        ProbeResult result = probe();

        assertThat(result.checks())
                .extracting(Checked::check)
                .containsExactly(
                        Check.LIST_AFTER_WRITE, Check.RANGED_READ, Check.MISSING, Check.CLOCK);
        assertThat(result.checks())
                .allMatch(checked -> checked.outcome().equals(new Outcome.Held()));
        assertThat(faulty.counts().of(StoreOperation.PUT).requests()).isZero();
        assertThat(faulty.counts().of(StoreOperation.DELETE).requests()).isZero();
    }

    @Test
    void anEmptyBucketIsNoFault() {
        ProbeResult result = probe();

        assertThat(result.passed()).isTrue();
        assertThat(result.remarks())
                .containsExactly("list-after-write: nothing is there to be read");
    }

    @Test
    void namesReadsThatDoNotAgree() throws IOException {
        put("a", 1_500);
        faults.next(1, StoreOperation.GET, "a", new Fault.FlipGet(8 * 900));

        ProbeResult result = probe();

        assertThat(result.failures()).extracting(Checked::check).containsExactly(Check.RANGED_READ);
    }

    @Test
    void saysWhatItWasRefused() throws IOException {
        put("a", 1);
        faults.next(1, StoreOperation.GET, "a", new Fault.Deny());

        ProbeResult result = probe();

        assertThat(result.broken()).isFalse();
        assertThatThrownBy(result::requirePassed).isInstanceOf(ObjectStoreException.Denied.class);
    }
}
