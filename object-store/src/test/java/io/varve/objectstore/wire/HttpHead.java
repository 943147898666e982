// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.wire;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// The lines before the body of a request or an answer of HTTP/1.1. Immutable.
///
/// @param text with the empty line at its end
record HttpHead(String text) {
    private static final int BYTES_MAX = 64 << 10;
    private static final String END = "\r\n\r\n";

    /// @return nothing at the end of the stream
    /// @throws EOFException the stream ends in the middle of a head, or has none
    static Optional<HttpHead> read(InputStream in) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int matched = 0;
        while (matched < END.length()) {
            int next = in.read();
            if (next < 0 && bytes.size() == 0) {
                return Optional.empty();
            }
            if (next < 0 || bytes.size() == BYTES_MAX) {
                throw new EOFException("no end of the head: bytes=" + bytes.size());
            }
            bytes.write(next);
            matched = next == END.charAt(matched) ? matched + 1 : next == '\r' ? 1 : 0;
        }
        return Optional.of(new HttpHead(bytes.toString(ISO_8859_1)));
    }

    void writeTo(OutputStream out) throws IOException {
        out.write(text.getBytes(ISO_8859_1));
    }

    /// `PUT /path?query HTTP/1.1`, or `HTTP/1.1 200 OK`.
    String first() {
        return text.substring(0, text.indexOf('\r'));
    }

    boolean isMethod(String method) {
        return text.startsWith(method + " ");
    }

    /// Of an answer.
    int status() {
        return Integer.parseInt(text.substring(9, 12));
    }

    /// The value of a header, whatever its case.
    Optional<String> field(String name) {
        return text.lines()
                .skip(1)
                .filter(line -> isNamed(line, name))
                .map(line -> line.substring(name.length() + 1).strip())
                .findFirst();
    }

    boolean says(String name, String word) {
        return field(name)
                .map(value -> value.toLowerCase(Locale.ROOT).contains(word))
                .orElse(false);
    }

    private static boolean isNamed(String line, String name) {
        return line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":");
    }

    HttpHead without(String name) {
        return keeping(line -> !isNamed(line, name));
    }

    HttpHead with(String name, String value) {
        String rest = without(name).text();
        int end = rest.length() - END.length();
        return new HttpHead(rest.substring(0, end) + "\r\n" + name + ": " + value + END);
    }

    private HttpHead keeping(Predicate<String> wanted) {
        String kept =
                text.substring(0, text.length() - END.length())
                        .lines()
                        .filter(wanted)
                        .collect(Collectors.joining("\r\n"));
        return new HttpHead(kept + END);
    }

    HttpHead withFirst(String line) {
        return new HttpHead(line + text.substring(text.indexOf('\r')));
    }
}
