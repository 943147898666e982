// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.http;

import io.varve.objectstore.BucketSettings;
import io.varve.objectstore.StoreAccess;
import io.varve.objectstore.StoreLimits;
import io.varve.objectstore.TrustedCertificates;
import java.net.InetSocketAddress;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.DefaultSchemePortResolver;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.impl.routing.DefaultRoutePlanner;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/// Makes what requests to a service go through: Apache's client without a will of its own (it tries
/// nothing again, follows nothing, unpacks nothing), and the thread that watches deadlines.
public final class StoreHttp {
    /// A connection that was quiet for longer is not used again.
    private static final Timeout KEPT = Timeout.ofSeconds(60);

    /// A connection that was quiet for longer is looked at before it is used; a server that has
    /// closed it would cost an attempt.
    private static final TimeValue LOOKED_AT_AFTER = TimeValue.ofSeconds(1);

    private StoreHttp() {}

    /// Opens no connection yet. The caller closes it.
    ///
    /// @throws io.varve.objectstore.BucketUrlException the file of certificates cannot be used
    public static CloseableHttpClient client(StoreAccess access) {
        StoreLimits limits = access.limits();
        BucketSettings settings = access.settings();
        PoolingHttpClientConnectionManagerBuilder connections =
                PoolingHttpClientConnectionManagerBuilder.create()
                        .setConnectionFactory(
                                ManagedHttpClientConnectionFactory.builder()
                                        .responseParserFactory(new WholeHeads())
                                        .build())
                        .setMaxConnTotal(limits.connections())
                        .setMaxConnPerRoute(limits.connections())
                        .setDefaultSocketConfig(
                                SocketConfig.custom()
                                        .setSoTimeout(Timeout.of(limits.attempt()))
                                        .setTcpNoDelay(true)
                                        .build())
                        .setDefaultConnectionConfig(
                                ConnectionConfig.custom()
                                        .setConnectTimeout(Timeout.of(limits.connect()))
                                        .setSocketTimeout(Timeout.of(limits.attempt()))
                                        .setIdleTimeout(KEPT)
                                        .setValidateAfterInactivity(LOOKED_AT_AFTER)
                                        .build());
        settings.caFile()
                .ifPresent(file ->
                        connections.setTlsSocketStrategy(
                                new DefaultClientTlsStrategy(TrustedCertificates.with(file))));
        HttpClientBuilder builder =
                HttpClientBuilder.create()
                        .setConnectionManager(connections.build())
                        .setDefaultRequestConfig(
                                RequestConfig.custom()
                                        .setConnectionRequestTimeout(Timeout.of(limits.attempt()))
                                        .setResponseTimeout(Timeout.of(limits.attempt()))
                                        .setConnectionKeepAlive(KEPT)
                                        .build())
                        .disableRedirectHandling()
                        .disableAutomaticRetries()
                        .disableContentCompression()
                        .disableCookieManagement()
                        .disableAuthCaching()
                        .setUserAgent("varve");
        settings.proxy().ifPresent(proxy -> builder.setRoutePlanner(new ByProxy(proxy)));
        return builder.build();
    }

    /// One daemon thread, for deadlines.
    ///
    /// @param name of the thread
    public static ScheduledThreadPoolExecutor deadlines(String name) {
        ScheduledThreadPoolExecutor deadlines =
                new ScheduledThreadPoolExecutor(
                        1, Thread.ofPlatform().daemon().name(name).factory());
        // Or each finished attempt's deadline would stay in the queue until it has passed.
        deadlines.setRemoveOnCancelPolicy(true);
        return deadlines;
    }

    /// Through a proxy; but what only this machine can tell, as its identity, is asked directly.
    private static final class ByProxy extends DefaultRoutePlanner {
        private static final String LINK_LOCAL = "169.254.";

        private final HttpHost proxy;

        ByProxy(InetSocketAddress proxy) {
            super(DefaultSchemePortResolver.INSTANCE);
            this.proxy = new HttpHost("http", proxy.getHostString(), proxy.getPort());
        }

        @Override
        protected @Nullable HttpHost determineProxy(HttpHost target, HttpContext context) {
            return target.getHostName().startsWith(LINK_LOCAL) ? null : proxy;
        }
    }
}
