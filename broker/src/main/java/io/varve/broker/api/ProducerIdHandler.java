// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import io.varve.broker.metadata.ProducerIds;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.InitProducerIdRequest;
import org.apache.kafka.common.requests.InitProducerIdResponse;

/// InitProducerId for idempotent producers. Thread-safe.
///
/// As in Kafka, a producer without transactional id that asks for a new epoch gets a new id.
/// Transactions are not served; clients learn it when they look for their coordinator, those that
/// ask here all the same get the same error, which is final for all of them.
final class ProducerIdHandler {
    private final ProducerIds ids;

    ProducerIdHandler(ProducerIds ids) {
        this.ids = ids;
    }

    CompletableFuture<InitProducerIdResponse> initProducerId(InitProducerIdRequest request) {
        if (request.data().transactionalId() != null) {
            return CompletableFuture.completedFuture(
                    refused(
                            request.data().transactionalId().isEmpty()
                                    ? Errors.INVALID_REQUEST
                                    : Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED));
        }
        return ids.next()
                .thenApply(answer ->
                        answer.error().isFailure()
                                ? refused(answer.error().error())
                                : new InitProducerIdResponse(
                                        new InitProducerIdResponseData()
                                                .setProducerId(answer.producerId())
                                                .setProducerEpoch((short) 0)));
    }

    private static InitProducerIdResponse refused(Errors error) {
        return new InitProducerIdResponse(
                new InitProducerIdResponseData()
                        .setErrorCode(error.code())
                        .setProducerId(-1)
                        .setProducerEpoch((short) -1));
    }
}
