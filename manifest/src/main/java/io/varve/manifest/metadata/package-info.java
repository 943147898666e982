// SPDX-License-Identifier: Apache-2.0
/// What the cluster's metadata means: Kafka's metadata records folded into an image. The only
/// package of this module that uses Kafka's image classes.
@NullMarked
package io.varve.manifest.metadata;

import org.jspecify.annotations.NullMarked;
