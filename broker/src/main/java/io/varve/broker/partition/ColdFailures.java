// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.partition;

import io.varve.broker.cold.ColdReadException;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.kafka.common.protocol.Errors;

/// What clients are told when a read from the bucket failed. Stateless.
final class ColdFailures {
    private ColdFailures() {}

    /// What made a load fail, which has ended.
    static Throwable cause(CompletableFuture<?> failed) {
        Throwable failure = failed.exceptionNow();
        return failure instanceof CompletionException && failure.getCause() != null
                ? failure.getCause()
                : failure;
    }

    /// Damage is final for the client: its consumer throws. A store that is away and an object that
    /// is missing can come back: consumers try again.
    static Errors error(Throwable failure) {
        return switch (failure) {
            case ColdReadException.CorruptCold _ -> Errors.CORRUPT_MESSAGE;
            case ColdReadException.Gone _ -> Errors.OFFSET_OUT_OF_RANGE;
            case ColdReadException.MissingObject _ -> Errors.KAFKA_STORAGE_ERROR;
            case ColdReadException.Unavailable _ -> Errors.KAFKA_STORAGE_ERROR;
            case IOException _ -> Errors.KAFKA_STORAGE_ERROR;
            default -> Errors.UNKNOWN_SERVER_ERROR;
        };
    }
}
