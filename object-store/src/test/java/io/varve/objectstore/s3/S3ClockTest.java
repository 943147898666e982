// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.s3.ScriptedS3.Answer;
import io.varve.objectstore.wire.Wire;
import java.io.IOException;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;

/// A clock of ours that is hours off: the store refuses what is signed with it.
final class S3ClockTest {
    private static final Duration ERROR = Duration.ofHours(5);
    private static final DateTimeFormatter SIGNED =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssX");

    @Test
    void theStoresClockIsTakenForSigningAfterARefusal() throws IOException {
        try (ScriptedS3 server = new ScriptedS3();
                Wire wire = new Wire(server.endpoint());
                ObjectStore store = open(wire)) {
            wire.shiftDates(ERROR);
            int before = server.requests().size();
            server.next(Answer.error(403, "RequestTimeTooSkewed"));

            store.put("k", ObjectBody.of(new byte[1]), PutMode.IF_ABSENT);
            store.put("l", ObjectBody.of(new byte[1]), PutMode.IF_ABSENT);

            List<ScriptedS3.Request> requests = server.requests();
            assertThat(requests).hasSize(before + 3);
            LocalDateTime wrong = signed(requests.get(before));
            for (ScriptedS3.Request later : requests.subList(before + 1, before + 3)) {
                assertThat(Duration.between(wrong, signed(later)))
                        .isBetween(ERROR.minusMinutes(1), ERROR.plusMinutes(1));
            }
        }
    }

    private static ObjectStore open(Wire wire) throws IOException {
        return S3ObjectStore.open(
                S3Address.parse("//bucket?endpoint=" + wire.endpoint()),
                StaticCredentialsProvider.create(
                        AwsBasicCredentials.create("user", ScriptedS3.SECRET)),
                S3Server.access(ScriptedS3.QUICK));
    }

    private static LocalDateTime signed(ScriptedS3.Request request) {
        return LocalDateTime.parse(request.header("X-Amz-Date"), SIGNED);
    }
}
