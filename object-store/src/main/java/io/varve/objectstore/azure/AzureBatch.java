// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.azure.core.http.HttpHeader;
import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpHeaders;
import com.azure.core.http.HttpMethod;
import com.azure.core.http.HttpRequest;
import io.varve.objectstore.DeleteResult;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.StoreLimits;
import io.varve.objectstore.StoreOperation;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Deletes of many objects in one request: a request within it for each, signed by itself, and in
/// the answer an answer for each. Thread-safe.
final class AzureBatch {
    /// The most that the service takes in one.
    static final int KEYS_MAX = 256;

    /// What a delete adds to the time of the whole.
    private static final Duration PER_KEY = Duration.ofMillis(50);

    private static final HttpHeaderName REQUEST_ID =
            HttpHeaderName.fromString("x-ms-client-request-id");
    private static final String BOUNDARY = "varve-batch";
    private static final String LINE = "\r\n";
    private static final int ANSWER_BYTES_MAX = 8 << 20;
    private static final Pattern ANSWERS_BOUNDARY =
            Pattern.compile("boundary=\"?([^\";]{1,200})\"?", Pattern.CASE_INSENSITIVE);
    private static final Pattern CONTENT_ID =
            Pattern.compile(
                    "^Content-ID:\\s*(\\d{1,6})\\s*$",
                    Pattern.CASE_INSENSITIVE | Pattern.MULTILINE);
    private static final Pattern STATUS =
            Pattern.compile("^HTTP/1\\.\\d (\\d{3})", Pattern.MULTILINE);
    private static final Pattern HEADER =
            Pattern.compile("^(x-ms-[A-Za-z-]{1,60}):\\s*(\\S[^\\r\\n]{0,500})", Pattern.MULTILINE);
    private static final String NOT_NAMED = "the answer does not name the key";

    private final AzureAddress address;
    private final AzureConnection connection;
    private final StoreLimits limits;

    AzureBatch(AzureAddress address, AzureConnection connection, StoreLimits limits) {
        this.address = address;
        this.connection = connection;
        this.limits = limits;
    }

    /// @param keys at most [#KEYS_MAX], each once
    /// @return what became of each
    Map<String, DeleteResult> delete(List<String> keys) throws ObjectStoreException {
        Duration more = PER_KEY.multipliedBy(keys.size());
        AzureCall call =
                new AzureCall(
                                StoreOperation.DELETE,
                                HttpMethod.POST,
                                address.containerUrl() + "?restype=container&comp=batch",
                                limits)
                        .header("Content-Type", "multipart/mixed; boundary=" + BOUNDARY)
                        .answer(ANSWER_BYTES_MAX, limits.attempt(), limits.call())
                        .body(
                                AzureBody.of(requests(keys).getBytes(UTF_8)),
                                limits.attempt().plus(more),
                                limits.call().plus(more.multipliedBy(2)));
        AzureAnswer answer = connection.call("delete", null, call);
        if (!answer.isSuccess()) {
            throw connection.errors().refused("delete", null, answer);
        }
        Map<Integer, AzureAnswer> answers = answers(answer);
        Map<String, DeleteResult> results = LinkedHashMap.newLinkedHashMap(keys.size());
        for (int i = 0; i < keys.size(); i++) {
            String key = keys.get(i);
            results.put(key, result(key, Optional.ofNullable(answers.get(i))));
        }
        return results;
    }

    private String requests(List<String> keys) {
        StringBuilder body = new StringBuilder();
        for (int i = 0; i < keys.size(); i++) {
            HttpRequest delete =
                    new HttpRequest(HttpMethod.DELETE, address.objectUrl(keys.get(i)))
                            .setHeader(HttpHeaderName.CONTENT_LENGTH, "0")
                            // Without any such header, what signs it leaves a line too many.
                            .setHeader(REQUEST_ID, Integer.toString(i));
            connection.sign(delete);
            body.append("--").append(BOUNDARY).append(LINE);
            body.append("Content-Type: application/http").append(LINE);
            body.append("Content-Transfer-Encoding: binary").append(LINE);
            body.append("Content-ID: ").append(i).append(LINE).append(LINE);
            body.append("DELETE ")
                    .append(delete.getUrl().getFile())
                    .append(" HTTP/1.1")
                    .append(LINE);
            for (HttpHeader header : delete.getHeaders()) {
                body.append(header.getName()).append(": ");
                body.append(header.getValue()).append(LINE);
            }
            body.append(LINE);
        }
        return body.append("--").append(BOUNDARY).append("--").append(LINE).toString();
    }

    /// The answers within an answer, by the number of their request.
    ///
    /// @throws ObjectStoreException the store took the request for a bad one as a whole
    private Map<Integer, AzureAnswer> answers(AzureAnswer whole) throws ObjectStoreException {
        Matcher boundary = ANSWERS_BOUNDARY.matcher(whole.header("Content-Type").orElse(""));
        if (!boundary.find()) {
            throw new ObjectStoreException.Transient(
                    "answer to a batch is none: operation=delete, " + address.place(), null);
        }
        Map<Integer, AzureAnswer> answers = new HashMap<>();
        for (String part :
                new String(whole.body(), UTF_8)
                        .split(Pattern.quote("--" + boundary.group(1)), -1)) {
            Matcher status = STATUS.matcher(part);
            if (!status.find()) {
                continue;
            }
            AzureAnswer answer = answer(whole.getRequest(), status, part);
            Matcher number = CONTENT_ID.matcher(part.substring(0, status.start()));
            if (number.find()) {
                answers.put(Integer.parseInt(number.group(1)), answer);
            } else if (!answer.isSuccess()) {
                throw connection.errors().refused("delete", null, answer);
            }
        }
        return answers;
    }

    private static AzureAnswer answer(HttpRequest request, Matcher status, String part) {
        HttpHeaders headers = new HttpHeaders();
        Matcher header = HEADER.matcher(part);
        while (header.find()) {
            headers.set(HttpHeaderName.fromString(header.group(1)), header.group(2).strip());
        }
        return new AzureAnswer(
                request,
                Integer.parseInt(status.group(1)),
                headers,
                part.substring(status.end()).getBytes(UTF_8));
    }

    /// What is not there is deleted; so is a folder of a hierarchical namespace, which is no
    /// object.
    private DeleteResult result(String key, Optional<AzureAnswer> answer) {
        if (answer.isEmpty()) {
            return new DeleteResult.Failed(connection.errors().ended(NOT_NAMED, "delete", key));
        }
        AzureAnswer said = answer.get();
        boolean gone =
                said.isSuccess()
                        || (said.getStatusCode() == 404 && !said.code().startsWith("Container"))
                        || said.code().equals("DirectoryIsNotEmpty");
        return gone
                ? new DeleteResult.Deleted()
                : new DeleteResult.Failed(connection.errors().refused("delete", key, said));
    }
}
