// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import com.google.api.client.googleapis.json.GoogleJsonError;
import com.google.api.client.googleapis.json.GoogleJsonErrorContainer;
import com.google.api.client.json.gson.GsonFactory;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// An answer that is no success: its status, and the store's words for it.
final class GcsRefusal extends IOException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String reason;
    private final String words;

    /// @param reason the store's word for what went wrong, as `conditionNotMet`; empty where it
    ///   said none
    /// @param words what it says about it, or empty
    GcsRefusal(int status, String reason, String words) {
        super("status=" + status + ", reason=" + reason + ", says=" + words);
        this.status = status;
        this.reason = reason;
        this.words = words;
    }

    /// Reads an answer's body. What is not the service's JSON gives no words: it may be anybody's
    /// page.
    static GcsRefusal of(int status, byte[] body) {
        try {
            GoogleJsonErrorContainer said =
                    GsonFactory.getDefaultInstance()
                            .createJsonObjectParser()
                            .parseAndClose(
                                    new ByteArrayInputStream(body),
                                    StandardCharsets.UTF_8,
                                    GoogleJsonErrorContainer.class);
            return of(status, said == null ? null : said.getError());
        } catch (IOException | IllegalArgumentException notJson) {
            return new GcsRefusal(status, "", "");
        }
    }

    /// @param said null where the answer has no words
    static GcsRefusal of(int status, @Nullable GoogleJsonError said) {
        if (said == null) {
            return new GcsRefusal(status, "", "");
        }
        boolean hasReason = said.getErrors() != null && !said.getErrors().isEmpty();
        @Nullable String reason = hasReason ? said.getErrors().getFirst().getReason() : null;
        return new GcsRefusal(
                status,
                reason == null ? "" : reason,
                said.getMessage() == null ? "" : said.getMessage());
    }

    int status() {
        return status;
    }

    String reason() {
        return reason;
    }

    String words() {
        return words;
    }

    /// Whether the store asks for fewer requests.
    boolean slowsDown() {
        return status == 429
                || status == 503
                || (status == 403
                        && (reason.equals("rateLimitExceeded")
                                || reason.equals("userRateLimitExceeded")));
    }

    /// Whether the same request may succeed a little later. 501 is "cannot", 507 is "no room".
    boolean passes() {
        return slowsDown() || status == 408 || (status >= 500 && status != 501 && status != 507);
    }
}
