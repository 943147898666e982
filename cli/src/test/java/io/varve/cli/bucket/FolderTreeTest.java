// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.cli.bucket.FolderTree.Folder;
import io.varve.objectstore.ObjectInfo;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class FolderTreeTest {
    private static FolderTree tree(int depth, int foldersMax, String... keys) {
        FolderTree tree = new FolderTree("", depth, foldersMax);
        for (String key : keys) {
            tree.add(new ObjectInfo(key, key.length(), Instant.EPOCH));
        }
        return tree;
    }

    private static List<String> rows(FolderTree tree) {
        return tree.folders().stream()
                .map(each -> each.path() + " " + each.objects() + " " + each.bytes())
                .toList();
    }

    @Test
    void foldersCountWhatIsInAndBelowThem() {
        // as a listing gives them: "a/b-1" comes before "a/b/..."
        FolderTree tree = tree(2, 100, "a/b-1", "a/b/3", "a/b/c/1", "a/b/c/2", "a0", "b/x/1");

        assertThat(rows(tree))
                .containsExactly(" 6 31", "a/ 4 24", "a/b/ 3 19", "b/ 1 5", "b/x/ 1 5");
        assertThat(tree.objects()).isEqualTo(6);
        assertThat(rows(tree(0, 100, "a/b/1", "c"))).containsExactly(" 2 6");
    }

    @Test
    void whatIsTooMuchCountsInTheFoldersAbove() {
        FolderTree tree = tree(2, 3, "a/1/x", "a/2/x", "b/1/x", "c/x");

        assertThat(rows(tree)).containsExactly(" 4 18", "a/ 2 10", "a/1/ 1 5");
        assertThat(tree.notShown()).isEqualTo(4);
    }

    @Test
    void agreesWithCountingEachFolderByItself() {
        long seed = Long.getLong("sim.seed", System.nanoTime());
        System.out.println("FolderTreeTest seed: -Dsim.seed=" + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            TreeMap<String, Long> objects = new TreeMap<>();
            for (int i = 0; i < 40; i++) {
                List<String> parts = new ArrayList<>();
                int depth = 1 + random.nextInt(4);
                for (int part = 0; part < depth; part++) {
                    parts.add(
                            "a.0-".charAt(random.nextInt(4))
                                    + ""
                                    + (char) ('a' + random.nextInt(3)));
                }
                objects.put(String.join("/", parts), (long) random.nextInt(1_000));
            }
            int depth = random.nextInt(4);
            FolderTree tree = new FolderTree("", depth, 10_000);
            objects.forEach((key, bytes) -> tree.add(new ObjectInfo(key, bytes, Instant.EPOCH)));

            TreeSet<String> expected = new TreeSet<>();
            for (String key : objects.keySet()) {
                int level = 0;
                for (int slash = key.indexOf('/');
                        slash >= 0 && level++ < depth;
                        slash = key.indexOf('/', slash + 1)) {
                    expected.add(key.substring(0, slash + 1));
                }
            }
            expected.add("");
            assertThat(tree.folders()).extracting(Folder::path).containsExactlyElementsOf(expected);
            for (Folder folder : tree.folders()) {
                long bytes =
                        objects.entrySet().stream()
                                .filter(each -> each.getKey().startsWith(folder.path()))
                                .mapToLong(java.util.Map.Entry::getValue)
                                .sum();
                assertThat(folder.bytes()).as("seed=%d %s", seed, folder.path()).isEqualTo(bytes);
            }
        }
    }
}
