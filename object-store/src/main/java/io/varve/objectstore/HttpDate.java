// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/// Times in the headers of answers.
public final class HttpDate {
    private HttpDate() {}

    /// A header's time; empty when it does not tell it in a way that HTTP knows.
    public static Optional<Instant> parse(String header) {
        try {
            return Optional.of(Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(header)));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
