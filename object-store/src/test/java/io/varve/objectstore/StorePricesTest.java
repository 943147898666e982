// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StorePricesTest {
    private static final long GB = 1L << 30;

    @Test
    void aMonthIsStorageAndRequestsAndTraffic() {
        StorePrices prices = new StorePrices("test", 5, 2, 0.5, 0.25);

        assertThat(prices.monthlyUsd(4 * GB)).isEqualTo(2);
        assertThat(prices.monthlyUsd(4 * GB, 2_000, 500, 8.0 * GB))
                .isCloseTo(2 + 10 + 1 + 2, within(1e-9));
        assertThat(prices.monthlyUsd(0, 0, 0, 0)).isZero();
    }

    @Test
    void everyCloudHasItsTableAndWhatIsOnesOwnIsFree() {
        for (String scheme : List.of("s3", "azure", "gs")) {
            assertThat(StorePrices.of(scheme, Map.of()).monthlyUsd(GB)).isBetween(0.015, 0.03);
            assertThat(StorePrices.ofBucket(scheme + "://bucket/p?account=a", Map.of()))
                    .isEqualTo(StorePrices.of(scheme, Map.of()));
        }
        for (String own :
                List.of(
                        "file:///d",
                        "mem:",
                        "s3://bucket?endpoint=http://127.0.0.1:9000",
                        "s3://bucket/p?region=r&endpoint=https%3A%2F%2Fminio.example.org",
                        "azure://c?endpoint=http://127.0.0.1:10000/devstoreaccount1",
                        "gs://b?endpoint=http://notgoogleapis.com",
                        "s3://b?endpoint=%zz")) {
            assertThat(StorePrices.ofBucket(own, Map.of())).isEqualTo(StorePrices.FREE);
        }
    }

    @Test
    void anEndpointOfTheCloudItselfIsNotFree() {
        assertThat(
                        StorePrices.ofBucket(
                                "s3://b?endpoint=https://s3.eu-west-1.amazonaws.com", Map.of()))
                .isEqualTo(StorePrices.S3);
        assertThat(
                        StorePrices.ofBucket(
                                "azure://c?endpoint=https://A.blob.core.windows.net", Map.of()))
                .isEqualTo(StorePrices.AZURE);
        assertThat(StorePrices.ofBucket("gs://b?endpoint=https://storage.googleapis.com", Map.of()))
                .isEqualTo(StorePrices.GCS);
    }

    @Test
    void eachFigureCanBeOverriddenAlsoWhereNothingIsCharged() {
        Map<String, String> all =
                Map.of(
                        "price.put-per-thousand", "1",
                        "price.get-per-thousand", "2",
                        "price.gb-month", "3",
                        "price.egress-gb", "4");

        assertThat(StorePrices.of("file", all)).isEqualTo(new StorePrices("own", 1, 2, 3, 4));
        assertThat(StorePrices.of("s3", Map.of("price.egress-gb", "0.09")))
                .isEqualTo(new StorePrices("S3 Standard", 0.005, 0.0004, 0.023, 0.09));
    }

    @Test
    void whatIsNoPriceIsRefusedByName() {
        for (String bad : List.of("-1", "NaN", "Infinity", "2 cents", "")) {
            assertThatThrownBy(() -> StorePrices.of("s3", Map.of("price.gb-month", bad)))
                    .isInstanceOf(BucketUrlException.class)
                    .hasMessage(
                            "bad price: key=object-store.price.gb-month, value="
                                    + bad
                                    + "; write US dollars, as 0.023");
        }
    }
}
