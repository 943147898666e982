// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoublePredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What a store charges, in US dollars: for an estimate, not for a bill. The tables are list prices
/// of one common region, of the class that objects are put into by default, without discounts and
/// free allowances (docs/metrics.md says where they are from, and when); each figure can be
/// overridden with an `object-store.price.*` key. Immutable.
///
/// Deleting costs nothing on any of them. Nor does traffic: brokers belong into the region of their
/// bucket, where it is free.
///
/// @param table whose prices these are, for people
/// @param putPerThousand 1,000 requests that put, list or copy
/// @param getPerThousand 1,000 requests that get or head
/// @param gbMonth one GiB stored for a month
/// @param egressGb one GiB read
public record StorePrices(
        String table,
        double putPerThousand,
        double getPerThousand,
        double gbMonth,
        double egressGb) {
    /// A server of one's own, or a directory.
    public static final StorePrices FREE = new StorePrices("own", 0, 0, 0, 0);

    /// S3 Standard, us-east-1, first 50 TB.
    static final StorePrices S3 = new StorePrices("S3 Standard", 0.005, 0.0004, 0.023, 0);

    /// Blob Storage, hot tier, locally redundant, East US, first 50 TB.
    static final StorePrices AZURE = new StorePrices("Azure hot", 0.0055, 0.00044, 0.0208, 0);

    /// Cloud Storage, Standard, us-central1.
    static final StorePrices GCS = new StorePrices("GCS Standard", 0.005, 0.0004, 0.020, 0);

    static final String PREFIX = "price.";
    private static final String PUT = PREFIX + "put-per-thousand";
    private static final String GET = PREFIX + "get-per-thousand";
    private static final String GB_MONTH = PREFIX + "gb-month";
    private static final String EGRESS_GB = PREFIX + "egress-gb";

    /// Names of the keys that override, without `object-store.`.
    static final List<String> KEYS = List.of(PUT, GET, GB_MONTH, EGRESS_GB);

    private static final double BYTES_PER_GB = 1L << 30;
    private static final Pattern ENDPOINT = Pattern.compile("[?&]endpoint=([^&#]*)");
    private static final Pattern CLOUD_HOST =
            Pattern.compile(
                    "(.+\\.)?(amazonaws\\.com(\\.cn)?|core\\.windows\\.net|googleapis\\.com)");

    public StorePrices {
        DoublePredicate isPrice = price -> price >= 0 && Double.isFinite(price);
        if (!isPrice.test(putPerThousand)
                || !isPrice.test(getPerThousand)
                || !isPrice.test(gbMonth)
                || !isPrice.test(egressGb)) {
            throw new IllegalArgumentException("not a price: table=" + table);
        }
    }

    /// The prices of a kind of store; all 0 where there is no table for it.
    ///
    /// @param scheme of the bucket URL, as `s3`: what it stands for in the cloud of its name
    /// @param overrides `price.*` keys ([BucketSettings#prices]); others are not looked at
    /// @throws BucketUrlException a price is no number, or negative
    public static StorePrices of(String scheme, Map<String, String> overrides) {
        StorePrices table =
                switch (scheme) {
                    case "s3" -> S3;
                    case "azure" -> AZURE;
                    case "gs" -> GCS;
                    default -> FREE;
                };
        return table.with(overrides);
    }

    /// The prices of a bucket. Where its URL has an endpoint outside the clouds (MinIO, Ceph), they
    /// are 0 unless overridden.
    ///
    /// @param url whose credentials were refused already
    /// @throws BucketUrlException as in [#of]
    public static StorePrices ofBucket(String url, Map<String, String> overrides) {
        int colon = url.indexOf(':');
        String scheme = colon < 0 ? "" : url.substring(0, colon);
        return isOwnServer(url) ? FREE.with(overrides) : of(scheme, overrides);
    }

    private static boolean isOwnServer(String url) {
        Matcher endpoint = ENDPOINT.matcher(url);
        if (!endpoint.find()) {
            return false;
        }
        try {
            String text = URLDecoder.decode(endpoint.group(1), StandardCharsets.UTF_8);
            @Nullable String host = URI.create(text).getHost();
            return host == null || !CLOUD_HOST.matcher(host.toLowerCase(Locale.ROOT)).matches();
        } catch (IllegalArgumentException e) {
            return true;
        }
    }

    private StorePrices with(Map<String, String> overrides) {
        return new StorePrices(
                table,
                price(overrides, PUT, putPerThousand),
                price(overrides, GET, getPerThousand),
                price(overrides, GB_MONTH, gbMonth),
                price(overrides, EGRESS_GB, egressGb));
    }

    private static double price(Map<String, String> overrides, String key, double otherwise) {
        @Nullable String text = overrides.get(key);
        if (text == null) {
            return otherwise;
        }
        try {
            double price = Double.parseDouble(text);
            if (price >= 0 && Double.isFinite(price)) {
                return price;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new BucketUrlException(
                "bad price",
                "key=" + BucketSettings.PREFIX + key + ", value=" + text,
                "write US dollars, as 0.023");
    }

    /// What storing so many bytes costs in a month.
    public double monthlyUsd(long bytes) {
        return bytes / BYTES_PER_GB * gbMonth;
    }

    /// What a month costs.
    ///
    /// @param bytes stored
    /// @param puts requests of the month that put, list or copy
    /// @param gets requests of the month that get or head
    /// @param readBytes bytes read in the month
    public double monthlyUsd(long bytes, double puts, double gets, double readBytes) {
        return monthlyUsd(bytes)
                + puts / 1_000 * putPerThousand
                + gets / 1_000 * getPerThousand
                + readBytes / BYTES_PER_GB * egressGb;
    }
}
