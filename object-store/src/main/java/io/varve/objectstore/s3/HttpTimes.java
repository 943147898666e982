// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import software.amazon.awssdk.http.SdkHttpResponse;

/// Times in the headers of answers.
final class HttpTimes {
    private HttpTimes() {}

    /// The server's clock; empty when it does not tell it in a way that HTTP knows.
    static Optional<Instant> dateOf(SdkHttpResponse answer) {
        return answer.firstMatchingHeader("Date").flatMap(HttpTimes::parse);
    }

    private static Optional<Instant> parse(String text) {
        try {
            return Optional.of(Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(text)));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
