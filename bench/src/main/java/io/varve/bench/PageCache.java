// SPDX-License-Identifier: Apache-2.0
package io.varve.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// The operating system's page cache.
final class PageCache {
    private PageCache() {}

    /// Takes files out of it, as far as they are on disk: `dd` advises the kernel so, which takes
    /// no rights.
    static void drop(List<Path> files) throws IOException, InterruptedException {
        for (Path file : files) {
            int exit =
                    new ProcessBuilder(
                                    "dd", "if=" + file, "iflag=nocache", "count=0", "status=none")
                            .inheritIO()
                            .start()
                            .waitFor();
            if (exit != 0) {
                throw new IOException("dd failed: file=" + file + ", exit=" + exit);
            }
        }
    }
}
