// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.azure.core.http.HttpMethod;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.StoreLimits;
import io.varve.objectstore.StoreOperation;
import io.varve.objectstore.StoreTraits;
import io.varve.objectstore.StoreTraits.Trait;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Asks a container and its account what they are: two requests, each of which may be refused.
/// Whether an account keeps versions is told to its management only; an object that has one shows
/// it.
final class AzureTraits {
    private static final Pattern RETENTION =
            Pattern.compile(
                    "<DeleteRetentionPolicy>.*?<Enabled>true</Enabled>.*?</DeleteRetentionPolicy>",
                    Pattern.DOTALL);
    private static final Pattern DAYS = Pattern.compile("<Days>(\\d{1,4})</Days>");

    private final AzureAddress address;
    private final AzureConnection connection;
    private final StoreLimits limits;

    AzureTraits(AzureAddress address, AzureConnection connection, StoreLimits limits) {
        this.address = address;
        this.connection = connection;
        this.limits = limits;
    }

    /// @param versioned whether a put's answer has named a version
    StoreTraits look(boolean versioned) {
        return new StoreTraits(
                versioned
                        ? new Trait.Present("versioning=enabled")
                        : new Trait.Unknown(
                                "the account's management knows: az storage account blob-service-properties show"),
                ask(
                        HttpMethod.HEAD,
                        address.containerUrl() + "?restype=container",
                        AzureTraits::retention),
                ask(
                        HttpMethod.GET,
                        address.serviceUrl() + "/?restype=service&comp=properties",
                        AzureTraits::softDelete),
                Optional.empty());
    }

    private static Trait retention(AzureAnswer answer) {
        List<String> found = new ArrayList<>();
        for (String name :
                List.of(
                        "has-immutability-policy",
                        "has-legal-hold",
                        "immutable-storage-with-versioning-enabled")) {
            if (answer.header("x-ms-" + name).filter("true"::equals).isPresent()) {
                found.add(name);
            }
        }
        return found.isEmpty()
                ? new Trait.Absent()
                : new Trait.Present("container " + String.join(", ", found));
    }

    private static Trait softDelete(AzureAnswer answer) {
        Matcher policy = RETENTION.matcher(new String(answer.body(), UTF_8));
        if (!policy.find()) {
            return new Trait.Absent();
        }
        Matcher days = DAYS.matcher(policy.group());
        return new Trait.Present("soft delete" + (days.find() ? ", days=" + days.group(1) : ""));
    }

    private Trait ask(HttpMethod method, String url, Function<AzureAnswer, Trait> meaning) {
        try {
            AzureAnswer answer =
                    connection.call(
                            "traits",
                            null,
                            new AzureCall(StoreOperation.HEAD, method, url, limits));
            if (answer.isSuccess()) {
                return meaning.apply(answer);
            }
            return answer.getStatusCode() == 403
                    ? new Trait.Unknown("the credentials may not ask")
                    : new Trait.Unknown(
                            "the store refused to say: status="
                                    + answer.getStatusCode()
                                    + (answer.code().isEmpty() ? "" : ", code=" + answer.code()));
        } catch (ObjectStoreException e) {
            return new Trait.Unknown("no answer from the store");
        }
    }
}
