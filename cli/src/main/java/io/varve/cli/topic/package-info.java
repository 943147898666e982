// SPDX-License-Identifier: Apache-2.0
/// `varve topic`: topics of a running cluster.
@NullMarked
package io.varve.cli.topic;

import org.jspecify.annotations.NullMarked;
