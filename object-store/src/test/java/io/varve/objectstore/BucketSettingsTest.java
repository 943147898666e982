// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BucketSettingsTest {
    @Test
    void withoutKeysTheSdkIsAsked() {
        assertThat(BucketSettings.of(Map.of()).s3()).isEmpty();
    }

    @Test
    void keysAreTakenAndNeverShown() {
        BucketSettings given =
                BucketSettings.of(Map.of("s3.access-key", "hunter1", "s3.secret-key", "hunter2"));
        assertThat(given.s3())
                .contains(new BucketSettings.S3("hunter1", "hunter2", Optional.empty()));
        assertThat(given + " " + given.s3()).doesNotContain("hunter");
    }

    @Test
    void whatCannotBeUsedIsRefusedByNameAndWithoutItsValue() {
        assertThatThrownBy(() -> BucketSettings.of(Map.of("s3.acces-key", "hunter1")))
                .isInstanceOf(BucketUrlException.class)
                .hasMessage(
                        "unknown key: key=object-store.s3.acces-key; nearest=object-store.s3.access-key");
        assertThatThrownBy(() -> BucketSettings.of(Map.of("s3.access-key", "hunter1")))
                .isInstanceOf(BucketUrlException.class)
                .hasMessageContaining("missing=object-store.s3.secret-key")
                .hasMessageNotContaining("hunter");
    }

    @Test
    void everyKeyIsTaken(@TempDir Path dir) throws IOException {
        Path pem = Files.writeString(dir.resolve("ca.pem"), "x");
        BucketSettings given =
                BucketSettings.of(
                        Map.of(
                                "azure.account-key", "hunter1",
                                "gcs.credentials-file", pem.toString(),
                                "ca-file", pem.toString(),
                                "proxy", "http://proxy:3128",
                                "storage-class", "STANDARD_IA"));
        assertThat(given.azure().orElseThrow().accountKey()).contains("hunter1");
        assertThat(given.gcs()).contains(new BucketSettings.Gcs(pem));
        assertThat(given.caFile()).contains(pem);
        assertThat(given.proxy().orElseThrow().getPort()).isEqualTo(3128);
        assertThat(given.storageClass()).contains("STANDARD_IA");
        assertThat(given.toString()).doesNotContain("hunter");
    }

    @Test
    void ratesAndPricesAreTaken() {
        BucketSettings given =
                BucketSettings.of(
                        Map.of(
                                "requests-per-second", "100",
                                "requests-in-flight", "8",
                                "bytes-per-second", "1000000",
                                "price.gb-month", "0.01"));

        assertThat(given.rates())
                .isEqualTo(
                        new BucketSettings.Rates(
                                OptionalLong.of(100),
                                OptionalLong.of(8),
                                OptionalLong.of(1_000_000)));
        assertThat(given.prices()).containsExactly(Map.entry("price.gb-month", "0.01"));
        assertThat(BucketSettings.NONE.rates().requestsPerSecond()).isEmpty();
    }

    @Test
    void everyKeyHasAVariable() {
        assertThat(
                        BucketSettings.ofEnvironment(
                                Map.of(
                                        "VARVE_OBJECT_STORE_AZURE_ACCOUNT_KEY", "hunter1",
                                        "VARVE_OBJECT_STORE_STORAGE_CLASS", "Cool",
                                        "VARVE_OBJECT_STORE_PRICE_EGRESS_GB", "0.087",
                                        "VARVE_NODE_ID", "1",
                                        "PATH", "/bin")))
                .isEqualTo(
                        BucketSettings.of(
                                Map.of(
                                        "azure.account-key", "hunter1",
                                        "storage-class", "Cool",
                                        "price.egress-gb", "0.087")));
        assertThatThrownBy(() ->
                        BucketSettings.ofEnvironment(
                                Map.of("VARVE_OBJECT_STORE_S3_ACESS_KEY", "hunter1")))
                .isInstanceOf(BucketUrlException.class)
                .hasMessageContaining("nearest=VARVE_OBJECT_STORE_S3_ACCESS_KEY")
                .hasMessageNotContaining("hunter");
    }

    @Test
    void badValuesAreRefused(@TempDir Path dir) {
        for (Map<String, String> bad :
                List.of(
                        Map.of("azure.account-key", "hunter1", "azure.sas-token", "hunter2"),
                        Map.of("ca-file", dir.resolve("missing").toString()),
                        Map.of("proxy", "https://user:hunter1@proxy:1"),
                        Map.of("proxy", "proxy:1"),
                        Map.of("requests-per-second", "0"),
                        Map.of("requests-in-flight", "10001"),
                        Map.of("bytes-per-second", "1MB"),
                        Map.of("price.get-per-thousand", "-1"),
                        Map.of("storage-class", "two words"))) {
            assertThatThrownBy(() -> BucketSettings.of(bad))
                    .isInstanceOf(BucketUrlException.class)
                    .hasMessageContaining("object-store.")
                    .hasMessageNotContaining("hunter");
        }
    }
}
