// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import io.varve.objectstore.RequestListener;
import io.varve.objectstore.StoreOperation;
import java.io.IOException;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.utils.AttributeMap;

/// Another client of HTTP, whose every request is told to a [RequestListener]. Stands below the
/// SDK's retries, so that each attempt is told of, once: with the status of its answer, or with 0
/// when it was cut off, timed out, or found no connection. An interceptor of the SDK would miss
/// those: it hears of attempts only when they are answered.
///
/// Thread-safe; tells on the thread that makes the call.
final class ToldHttpClient implements SdkHttpClient {
    private final SdkHttpClient client;
    private final RequestListener listener;

    private ToldHttpClient(SdkHttpClient client, RequestListener listener) {
        this.client = client;
        this.listener = listener;
    }

    static SdkHttpClient.Builder<?> around(
            SdkHttpClient.Builder<?> client, RequestListener listener) {
        return new Builder(client, listener);
    }

    private record Builder(SdkHttpClient.Builder<?> client, RequestListener listener)
            implements SdkHttpClient.Builder<Builder> {
        @Override
        public SdkHttpClient buildWithDefaults(AttributeMap defaults) {
            return new ToldHttpClient(client.buildWithDefaults(defaults), listener);
        }
    }

    @Override
    public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
        ExecutableHttpRequest prepared = client.prepareRequest(request);
        StoreOperation operation = operation(request.httpRequest());
        return new ExecutableHttpRequest() {
            @Override
            public HttpExecuteResponse call() throws IOException {
                long startNs = System.nanoTime();
                int status = 0;
                try {
                    HttpExecuteResponse answer = prepared.call();
                    status = answer.httpResponse().statusCode();
                    return answer;
                } finally {
                    listener.answered(operation, status, System.nanoTime() - startNs);
                }
            }

            @Override
            public void abort() {
                prepared.abort();
            }
        };
    }

    /// As the store counts it: a look at the clock is a listing here.
    private static StoreOperation operation(SdkHttpRequest request) {
        return switch (request.method()) {
            case PUT -> StoreOperation.PUT;
            case HEAD -> StoreOperation.HEAD;
            case DELETE -> StoreOperation.DELETE;
            case POST ->
                    request.rawQueryParameters().containsKey("delete")
                            ? StoreOperation.DELETE
                            : StoreOperation.PUT;
            case GET, OPTIONS, PATCH ->
                    request.rawQueryParameters().containsKey("list-type")
                            ? StoreOperation.LIST
                            : StoreOperation.GET;
        };
    }

    @Override
    public String clientName() {
        return client.clientName();
    }

    @Override
    public void close() {
        client.close();
    }
}
