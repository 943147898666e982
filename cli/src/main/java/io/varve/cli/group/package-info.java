// SPDX-License-Identifier: Apache-2.0
/// `varve group`: consumer groups of a running cluster.
@NullMarked
package io.varve.cli.group;

import org.jspecify.annotations.NullMarked;
