// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import java.util.List;
import org.apache.kafka.server.common.ApiMessageAndVersion;

/// Records that make a change, and what is answered once they are applied. No records: nothing to
/// do, answer at once.
record Plan<R>(List<ApiMessageAndVersion> records, R result) {
    Plan {
        records = List.copyOf(records);
    }
}
