// SPDX-License-Identifier: Apache-2.0
/// What survives: broker processes that are killed, whose disks are removed, whose bucket is away
/// or damaged; looked at with Kafka's own clients, from outside.
@NullMarked
package io.varve.cli.durability;

import org.jspecify.annotations.NullMarked;
