// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.demo;

import java.util.List;

/// What a demo run showed.
///
/// @param steps in order; a run ends with the first that failed
/// @param rpo what the loss of every broker cost
/// @param rto how long it took, from the start of `recover run`
record DemoReport(boolean ok, long seed, String bucket, List<Step> steps, Rpo rpo, Rto rto) {
    /// One step and its result.
    record Step(String step, boolean ok, double seconds, String result) {}

    /// @param seconds from the oldest record that was lost to the last acknowledged one; 0 when
    ///   none was lost
    record Rpo(double seconds, long records) {}

    record Rto(double firstReadSeconds, double firstWriteSeconds, double groupsReadySeconds) {}
}
