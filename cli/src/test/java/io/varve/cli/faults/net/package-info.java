// SPDX-License-Identifier: Apache-2.0
/// Networks that fail: proxies between brokers, clients and the bucket, whose links are cut, slowed
/// or reset.
@NullMarked
package io.varve.cli.faults.net;

import org.jspecify.annotations.NullMarked;
