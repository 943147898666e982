// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults;

/// One thing that a scenario does. Immutable.
///
/// @param what for people; chosen brokers and times are added when it happens
record Step(String what, Act act) {
    /// How it is done; returns what it chose, for people.
    interface Act {
        String on(Stage stage) throws Exception;
    }
}
