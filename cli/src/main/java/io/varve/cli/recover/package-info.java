// SPDX-License-Identifier: Apache-2.0
/// `varve recover`: from a bucket to a cluster that goes on.
@NullMarked
package io.varve.cli.recover;

import org.jspecify.annotations.NullMarked;
