// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What every file of the tree looks like. Each failure names the file and the line.
class TidyTest {
    private static final int FILE_LINES_MAX = 600;
    private static final String SPDX = "// SPDX-License-Identifier: Apache-2.0";
    private static final Path ROOT = root();
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)(#[^)]*)?\\)");

    private static Path root() {
        Path here = Path.of("").toAbsolutePath();
        while (!Files.exists(here.resolve("mvnw"))) {
            here = here.getParent();
        }
        return here;
    }

    @Test
    void everySourceFileNamesItsLicence() throws IOException {
        assertThat(sources())
                .allSatisfy(
                        file -> assertThat(lines(file).getFirst()).as(name(file)).isEqualTo(SPDX));
    }

    @Test
    void noSourceFileIsLongerThanItsLimit() throws IOException {
        assertThat(sources())
                .allSatisfy(file ->
                        assertThat(lines(file).size())
                                .as("lines of " + name(file))
                                .isLessThanOrEqualTo(FILE_LINES_MAX));
    }

    @Test
    void noTestIsDisabled() throws IOException {
        assertThat(found("@" + "Disabled")).isEmpty();
    }

    @Test
    void nothingIsLeftForLaterWithoutAnIssue() throws IOException {
        assertThat(found("\\b(TO" + "DO|FIX" + "ME|XX" + "X|HA" + "CK)\\b(?!\\(#\\d+\\))"))
                .isEmpty();
    }

    @Test
    void noTestSleeps() throws IOException {
        assertThat(
                        found("Thread\\." + "sleep\\(").stream()
                                .filter(hit -> hit.contains("/src/test/")))
                .isEmpty();
    }

    @Test
    void everyPackageSaysWhatItIsFor() throws IOException {
        List<String> silent =
                sources().stream()
                        .filter(file -> name(file).contains("/src/main/"))
                        .map(Path::getParent)
                        .distinct()
                        .filter(folder -> !Files.exists(folder.resolve("package-info.java")))
                        .map(TidyTest::name)
                        .toList();
        assertThat(silent).isEmpty();
    }

    @Test
    void linksInDocumentsResolve() throws IOException {
        List<String> dead = new ArrayList<>();
        for (Path document : files(".md")) {
            Matcher links = LINK.matcher(Files.readString(document));
            while (links.find()) {
                if (!Files.exists(document.resolveSibling(links.group(1)))) {
                    dead.add(name(document) + ": " + links.group(1));
                }
            }
        }
        assertThat(dead).isEmpty();
    }

    @Test
    void everyFormatNamesItsGoldenBytes() throws IOException {
        List<String> golden =
                files("").stream()
                        .map(TidyTest::name)
                        .filter(name -> name.contains("/resources/golden/v1/"))
                        .map(name -> name.substring(name.indexOf("golden/v1/")))
                        .toList();
        List<String> without = new ArrayList<>();
        for (Path format : files("-v1.md")) {
            String page = Files.readString(format);
            if (golden.stream().noneMatch(page::contains)) {
                without.add(name(format));
            }
        }
        assertThat(golden).isNotEmpty();
        assertThat(without).isEmpty();
    }

    private static List<String> found(String pattern) throws IOException {
        Pattern wanted = Pattern.compile(pattern);
        List<String> hits = new ArrayList<>();
        for (Path file : sources()) {
            List<String> lines = lines(file);
            for (int i = 0; i < lines.size(); i++) {
                if (wanted.matcher(lines.get(i)).find()) {
                    hits.add(name(file) + ":" + (i + 1) + ": " + lines.get(i).strip());
                }
            }
        }
        return hits;
    }

    private static List<Path> sources() throws IOException {
        return files(".java");
    }

    private static List<Path> files(String ending) throws IOException {
        try (Stream<Path> tree = Files.walk(ROOT)) {
            return tree.filter(Files::isRegularFile)
                    .filter(file -> file.toString().endsWith(ending))
                    .filter(file -> !name(file).matches("(.*/)?(target|\\.git|varve-data)/.*"))
                    .toList();
        }
    }

    private static List<String> lines(Path file) throws IOException {
        return Files.readAllLines(file, StandardCharsets.UTF_8);
    }

    private static String name(Path file) {
        return ROOT.relativize(file.toAbsolutePath()).toString();
    }
}
