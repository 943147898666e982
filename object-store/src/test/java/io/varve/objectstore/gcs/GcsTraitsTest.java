// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.StoreTraits;
import io.varve.objectstore.StoreTraits.Trait;
import io.varve.objectstore.gcs.ScriptedGcs.Answer;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What is made of what a bucket says about itself.
final class GcsTraitsTest {
    private ScriptedGcs server;
    private ObjectStore store;

    @BeforeEach
    void start() throws IOException {
        server = new ScriptedGcs();
        store = server.open();
    }

    @AfterEach
    void stop() {
        store.close();
        server.close();
    }

    @Test
    void aPlainBucketHasNothingToSay() {
        server.next(
                Answer.json(
                        "{\"location\":\"EUROPE-WEST3\",\"versioning\":{\"enabled\":false},\"softDeletePolicy\":{\"retentionDurationSeconds\":\"0\"}}"));

        StoreTraits traits = store.traits();

        assertThat(traits)
                .isEqualTo(
                        new StoreTraits(
                                new Trait.Absent(),
                                new Trait.Absent(),
                                new Trait.Absent(),
                                Optional.of("europe-west3")));
        assertThat(traits.remarks()).isEmpty();
        assertThat(server.requests().getFirst().uri().getPath()).isEqualTo("/storage/v1/b/bucket");
    }

    @Test
    void whatABucketKeepsIsSaid() {
        server.next(
                Answer.json(
                        "{\"versioning\":{\"enabled\":true},\"retentionPolicy\":{\"retentionPeriod\":\"864000\",\"isLocked\":true},\"softDeletePolicy\":{\"retentionDurationSeconds\":\"604800\"}}"));

        assertThat(store.traits())
                .isEqualTo(
                        new StoreTraits(
                                new Trait.Present("versioning=enabled"),
                                new Trait.Present("retention policy, days=10, locked"),
                                new Trait.Present("soft delete, days=7"),
                                Optional.empty()));

        server.next(Answer.json("{\"defaultEventBasedHold\":true}"));
        assertThat(store.traits().retention()).isInstanceOf(Trait.Present.class);
    }

    @Test
    void whoMayNotAskIsToldWhatItTakes() {
        server.next(Answer.error(403, "forbidden"));
        assertThat(store.traits().versions())
                .isEqualTo(
                        new Trait.Unknown(
                                "the credentials may not ask, it takes storage.buckets.get"));

        server.next(Answer.error(400, "invalid"));
        assertThat(store.traits().softDelete())
                .isEqualTo(
                        new Trait.Unknown("the store refused to say: status=400, reason=invalid"));

        Answer failed = Answer.of(500);
        server.next(failed, failed, failed, failed);
        assertThat(store.traits().retention())
                .isEqualTo(new Trait.Unknown("no answer from the store"));
    }
}
