// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

/// A part of a frame, in order: record batches of one partition, or a command.
public sealed interface Slice permits DataSlice, CommandSlice {}
