// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.shell;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The line that a broker prints once it serves, for scripts and for who starts one as a process.
///
/// @param kafka, http where it listens, `HOST:PORT`
/// @param bucket its URL
public record ReadyLine(String kafka, String http, String bucket) {
    private static final Pattern FORM =
            Pattern.compile("ready kafka=(\\S+) http=(\\S+) bucket=(\\S+)");

    /// The line in a text, or nothing while there is none.
    public static Optional<ReadyLine> find(String text) {
        Matcher found = FORM.matcher(text);
        return found.find()
                ? Optional.of(new ReadyLine(found.group(1), found.group(2), found.group(3)))
                : Optional.empty();
    }

    @Override
    public String toString() {
        return "ready kafka=" + kafka + " http=" + http + " bucket=" + bucket;
    }
}
