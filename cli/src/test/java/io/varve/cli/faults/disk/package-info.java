// SPDX-License-Identifier: Apache-2.0
/// Disks that fail: small ones, and system calls that answer an error or late.
@NullMarked
package io.varve.cli.faults.disk;

import org.jspecify.annotations.NullMarked;
