// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/// Certificates that a client of a store trusts: those of the JDK, and those of a file for a store
/// with a CA of its own.
public final class TrustedCertificates {
    private TrustedCertificates() {}

    /// TLS for clients.
    ///
    /// @param caFile certificates (PEM), trusted beside those of the JDK
    /// @throws BucketUrlException the file has no certificates or cannot be read; it is read once,
    ///   now
    public static SSLContext with(Path caFile) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, managersWith(caFile), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw unusable(caFile, String.valueOf(e.getMessage()));
        }
    }

    /// The same for a client that makes its own TLS of them.
    public static TrustManager[] managersWith(Path caFile) {
        try {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            int number = 0;
            for (X509Certificate certificate : ofTheJdk()) {
                trusted.setCertificateEntry("jdk-" + number++, certificate);
            }
            for (Certificate certificate : read(caFile)) {
                trusted.setCertificateEntry("file-" + number++, certificate);
            }
            return managers(trusted);
        } catch (GeneralSecurityException | IOException e) {
            throw unusable(caFile, String.valueOf(e.getMessage()));
        }
    }

    private static Collection<? extends Certificate> read(Path caFile)
            throws GeneralSecurityException, IOException {
        try (InputStream pem = Files.newInputStream(caFile)) {
            Collection<? extends Certificate> given =
                    CertificateFactory.getInstance("X.509").generateCertificates(pem);
            if (given.isEmpty()) {
                throw unusable(caFile, "no certificate in it");
            }
            return given;
        }
    }

    private static BucketUrlException unusable(Path caFile, String reason) {
        return new BucketUrlException(
                "cannot use the certificates",
                "key=object-store.ca-file, file=" + caFile + ", reason=" + reason,
                "give a file of certificates, each between BEGIN CERTIFICATE and END CERTIFICATE");
    }

    private static X509Certificate[] ofTheJdk() throws GeneralSecurityException {
        for (TrustManager manager : managers(null)) {
            if (manager instanceof X509TrustManager certificates) {
                return certificates.getAcceptedIssuers();
            }
        }
        return new X509Certificate[0];
    }

    /// @param trusted null for the JDK's own
    private static TrustManager[] managers(@Nullable KeyStore trusted)
            throws GeneralSecurityException {
        TrustManagerFactory factory =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        return factory.getTrustManagers();
    }
}
