// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BucketCredentialsTest {
    @Test
    void withoutKeysTheSdkIsAsked() {
        assertThat(BucketCredentials.of(Map.of()).s3()).isEmpty();
    }

    @Test
    void keysAreTakenAndNeverShown() {
        BucketCredentials given =
                BucketCredentials.of(
                        Map.of("s3.access-key", "hunter1", "s3.secret-key", "hunter2"));
        assertThat(given.s3())
                .contains(new BucketCredentials.S3("hunter1", "hunter2", Optional.empty()));
        assertThat(given + " " + given.s3()).doesNotContain("hunter");
    }

    @Test
    void whatCannotBeUsedIsRefusedByNameAndWithoutItsValue() {
        assertThatThrownBy(() -> BucketCredentials.of(Map.of("s3.acces-key", "hunter1")))
                .isInstanceOf(BucketUrlException.class)
                .hasMessage(
                        "unknown key: key=object-store.s3.acces-key; nearest=object-store.s3.access-key");
        assertThatThrownBy(() -> BucketCredentials.of(Map.of("s3.access-key", "hunter1")))
                .isInstanceOf(BucketUrlException.class)
                .hasMessageContaining("missing=object-store.s3.secret-key")
                .hasMessageNotContaining("hunter");
    }
}
