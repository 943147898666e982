// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import com.google.api.client.http.HttpTransport;
import com.google.api.client.http.LowLevelHttpRequest;
import com.google.api.client.http.LowLevelHttpResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.io.entity.EntityTemplate;
import org.jspecify.annotations.Nullable;

/// The way of Google's SDK to the network, for one [Attempt]: the pool of connections that the
/// backend for S3 uses too. The SDK's own, on the JDK's `HttpURLConnection`, keeps five
/// connections, sends some requests again by itself, and cannot be ended from outside. Owner: one
/// attempt.
final class AttemptTransport extends HttpTransport {
    private final CloseableHttpClient client;
    private final Attempt attempt;

    AttemptTransport(CloseableHttpClient client, Attempt attempt) {
        this.client = client;
        this.attempt = attempt;
    }

    @Override
    public boolean supportsMethod(String method) {
        return true;
    }

    @Override
    protected LowLevelHttpRequest buildRequest(String method, String url) {
        return new Request(new HttpUriRequestBase(method, URI.create(url)));
    }

    private final class Request extends LowLevelHttpRequest {
        private final HttpUriRequestBase request;

        Request(HttpUriRequestBase request) {
            this.request = request;
        }

        @Override
        public void addHeader(String name, String value) {
            request.addHeader(name, value);
        }

        /// Time-outs are the client's, and the attempt's.
        @Override
        public void setTimeout(int connectMs, int readMs) {}

        @Override
        public LowLevelHttpResponse execute() throws IOException {
            if (getStreamingContent() != null) {
                request.setEntity(
                        new EntityTemplate(
                                getContentLength(),
                                getContentType() == null
                                        ? null
                                        : ContentType.parse(getContentType()),
                                getContentEncoding(),
                                getStreamingContent()::writeTo));
            }
            attempt.sends(request);
            long startNs = System.nanoTime();
            int status = 0;
            try {
                ClassicHttpResponse response =
                        client.executeOpen(HttpHost.create(request.getUri()), request, null);
                status = response.getCode();
                return new Response(request, response);
            } catch (URISyntaxException e) {
                throw new IOException("bad address of a request", e);
            } finally {
                attempt.answered(status, System.nanoTime() - startNs);
            }
        }
    }

    private static final class Response extends LowLevelHttpResponse {
        private final HttpUriRequestBase request;
        private final ClassicHttpResponse response;
        private final Header[] headers;

        Response(HttpUriRequestBase request, ClassicHttpResponse response) {
            this.request = request;
            this.response = response;
            this.headers = response.getHeaders();
        }

        @Override
        public @Nullable InputStream getContent() throws IOException {
            @Nullable HttpEntity entity = response.getEntity();
            return entity == null ? null : entity.getContent();
        }

        @Override
        public @Nullable String getContentEncoding() {
            @Nullable HttpEntity entity = response.getEntity();
            return entity == null ? null : entity.getContentEncoding();
        }

        @Override
        public long getContentLength() {
            @Nullable HttpEntity entity = response.getEntity();
            return entity == null ? 0 : entity.getContentLength();
        }

        @Override
        public @Nullable String getContentType() {
            @Nullable HttpEntity entity = response.getEntity();
            return entity == null ? null : entity.getContentType();
        }

        @Override
        public String getStatusLine() {
            return response.getVersion() + " " + response.getCode();
        }

        @Override
        public int getStatusCode() {
            return response.getCode();
        }

        @Override
        public @Nullable String getReasonPhrase() {
            return response.getReasonPhrase();
        }

        @Override
        public int getHeaderCount() {
            return headers.length;
        }

        @Override
        public String getHeaderName(int index) {
            return headers[index].getName();
        }

        @Override
        public @Nullable String getHeaderValue(int index) {
            return headers[index].getValue();
        }

        /// Without reading on: the connection is of no more use.
        @Override
        public void disconnect() throws IOException {
            request.cancel();
            response.close();
        }
    }
}
