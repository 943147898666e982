// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.PutMode;
import java.io.IOException;
import java.util.List;
import java.util.NavigableSet;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// Listings over keys of every shape, against a sorted set. Random: the seed is in the message, and
/// `-Dsim.seed=N` replays it.
abstract class ListingContract {
    private static final String[] NAMES = {"a", "b", "a-", "a.b", "a0", "a-b", "b!", "ab"};
    private static final int KEYS = 400;
    private static final int LISTINGS = 150;

    abstract S3Server server();

    /// The two ways of listing that this server serves right.
    abstract boolean[] waysByFolders();

    @Test
    void findsEveryKeyBehindAnyStart() throws IOException {
        long seed = Long.getLong("sim.seed", new Random().nextLong());
        Random random = new Random(seed);
        String bucket = server().newBucket();
        try (ObjectStore store = server().open(bucket)) {
            NavigableSet<String> keys = new TreeSet<>();
            while (keys.size() < KEYS) {
                String key = key(random);
                if (canBePut(key, keys)) {
                    keys.add(key);
                    store.put(key, ObjectBody.of(new byte[0]), PutMode.IF_ABSENT);
                }
            }
            for (boolean byFolders : waysByFolders()) {
                String where = "seed=" + seed + ", byFolders=" + byFolders;
                try (S3Connection connection = server().connect(bucket)) {
                    S3Address address = server().address(bucket, server().endpoint());
                    S3Listing listing =
                            new S3Listing(address, connection, new S3Errors(address), byFolders);
                    for (int i = 0; i < LISTINGS; i++) {
                        check(listing, keys, random, where);
                    }
                }
            }
        }
    }

    private static String key(Random random) {
        StringBuilder key = new StringBuilder(NAMES[random.nextInt(NAMES.length)]);
        for (int depth = random.nextInt(5); depth > 0; depth--) {
            key.append('/').append(NAMES[random.nextInt(NAMES.length)]);
        }
        return key.toString();
    }

    /// No key is both an object and a folder.
    private static boolean canBePut(String key, NavigableSet<String> keys) {
        String next = keys.ceiling(key + "/");
        boolean isFolder = next != null && next.startsWith(key + "/");
        boolean inObject = false;
        for (int slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1)) {
            inObject |= keys.contains(key.substring(0, slash));
        }
        return !isFolder && !inObject && !keys.contains(key);
    }

    private static void check(
            S3Listing listing, NavigableSet<String> keys, Random random, String where)
            throws IOException {
        String prefix = random.nextInt(3) == 0 ? "" : cut(key(random), random);
        String after = random.nextInt(4) == 0 ? cut(key(random), random) : any(keys, random);
        int maxKeys = List.of(1, 2, 7, 100, 1_000).get(random.nextInt(5));

        List<String> found =
                listing.list(prefix, after, maxKeys).stream().map(ObjectInfo::key).toList();

        assertThat(found)
                .as("%s, prefix=%s, after=%s, maxKeys=%d", where, prefix, after, maxKeys)
                .isEqualTo(
                        keys.tailSet(after, false).stream()
                                .filter(key -> key.startsWith(prefix))
                                .limit(maxKeys)
                                .toList());
    }

    private static String any(NavigableSet<String> keys, Random random) {
        return keys.stream().skip(random.nextInt(keys.size())).findFirst().orElseThrow();
    }

    private static String cut(String key, Random random) {
        return key.substring(0, random.nextInt(key.length() + 1));
    }
}
