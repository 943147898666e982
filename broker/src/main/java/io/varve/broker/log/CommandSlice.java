// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

/// A command inside a frame; it has no bytes in the body.
public record CommandSlice(ShardCommand command) implements Slice {}
