// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import com.google.api.client.http.HttpRequestInitializer;
import com.google.api.client.http.HttpTransport;
import com.google.api.client.http.javanet.NetHttpTransport;
import com.google.auth.http.HttpCredentialsAdapter;
import com.google.auth.oauth2.GoogleCredentials;
import io.varve.objectstore.BucketSettings;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.TrustedCertificates;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.SocketTimeoutException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Who asks: the file that the settings name, else Google's Application Default Credentials. Those
/// are for Google, and for others only where nobody can listen: a token is all that it takes to be
/// us. Everybody else is asked by nobody in particular, as test servers are.
final class GcsCredentials {
    /// Objects are read and written, nothing else is asked for.
    private static final String SCOPE = "https://www.googleapis.com/auth/devstorage.read_write";

    /// Hosts that give tokens to what runs at Google, beside it and not behind a proxy.
    private static final Set<String> METADATA =
            Set.of("metadata.google.internal", "169.254.169.254");

    private static final Logger LOG = LoggerFactory.getLogger(GcsCredentials.class);

    private GcsCredentials() {}

    /// Finds the credentials; asks for no token yet.
    ///
    /// @return puts a token on each request
    /// @throws ObjectStoreException.Denied there are none, or they cannot be read
    /// @param tokenTime longest wait for a token; the SDK's own is minutes
    static HttpRequestInitializer of(
            GcsAddress address, BucketSettings settings, Duration tokenTime)
            throws ObjectStoreException {
        HttpTransport transport = transport(settings);
        if (settings.gcs().isPresent()) {
            return adapt(read(settings.gcs().get().credentialsFile(), transport), tokenTime);
        }
        if (!address.isGoogle() && !address.isEncrypted()) {
            return none();
        }
        try {
            return adapt(GoogleCredentials.getApplicationDefault(() -> transport), tokenTime);
        } catch (IOException e) {
            if (address.isGoogle()) {
                throw new ObjectStoreException.Denied(
                        "no credentials found: "
                                + address.place()
                                + "; set object-store.gcs.credentials-file, GOOGLE_APPLICATION_CREDENTIALS, or another source of Google's Application Default Credentials",
                        e);
            }
            LOG.info("bucket is opened without credentials: {}", address.place());
            return none();
        }
    }

    /// For who asks as nobody.
    static HttpRequestInitializer none() {
        return request -> {};
    }

    private static GoogleCredentials read(Path file, HttpTransport transport)
            throws ObjectStoreException {
        try (InputStream in = Files.newInputStream(file)) {
            return GoogleCredentials.fromStream(in, () -> transport);
        } catch (IOException | IllegalArgumentException e) {
            // Its words may quote the file.
            throw new ObjectStoreException.Denied(
                    "credentials cannot be read: key=object-store.gcs.credentials-file, file="
                            + file
                            + ", error="
                            + e.getClass().getSimpleName()
                            + "; give the JSON of a service account or of a workload identity",
                    null);
        }
    }

    private static HttpRequestInitializer adapt(GoogleCredentials found, Duration tokenTime) {
        HttpCredentialsAdapter adapter = new HttpCredentialsAdapter(found.createScoped(SCOPE));
        return request -> {
            FutureTask<Boolean> token =
                    new FutureTask<>(() -> {
                        adapter.initialize(request);
                        return true;
                    });
            Thread.ofVirtual().name("gcs-token").start(token);
            await(token, tokenTime);
        };
    }

    /// Waits on another thread, which can be left alone: the SDK's time-outs of a token cannot be
    /// set.
    private static void await(FutureTask<Boolean> token, Duration time) throws GcsErrors.NoToken {
        try {
            var _ = token.get(time.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw new GcsErrors.NoToken(e.getCause() == null ? e : e.getCause());
        } catch (TimeoutException e) {
            token.cancel(true);
            throw new GcsErrors.NoToken(
                    new SocketTimeoutException("no answer in " + time.toMillis() + " ms"));
        } catch (InterruptedException e) {
            token.cancel(true);
            Thread.currentThread().interrupt();
            throw new GcsErrors.NoToken(e);
        }
    }

    /// The way to whoever gives tokens out. Application Default Credentials live as long as the
    /// process, so that nothing here may end with a bucket.
    private static HttpTransport transport(BucketSettings settings) {
        NetHttpTransport.Builder builder =
                new NetHttpTransport.Builder()
                        .setConnectionFactory(url -> open(url, settings.proxy()));
        if (settings.caFile().isPresent()) {
            builder.setSslSocketFactory(
                    TrustedCertificates.with(settings.caFile().get()).getSocketFactory());
        }
        return builder.build();
    }

    private static HttpURLConnection open(URL url, Optional<InetSocketAddress> proxy)
            throws IOException {
        if (proxy.isEmpty() || METADATA.contains(url.getHost())) {
            return (HttpURLConnection) url.openConnection();
        }
        InetSocketAddress address =
                new InetSocketAddress(proxy.get().getHostString(), proxy.get().getPort());
        return (HttpURLConnection) url.openConnection(new Proxy(Proxy.Type.HTTP, address));
    }
}
