// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.governed;

/// A rate of requests that gives way when the store asks for it. A token bucket: each request takes
/// a token, tokens come at the present rate, at most one second's worth is saved.
///
/// ```
/// throttled:       rate = half of what was used in the last second, at least 1/s; saved tokens are gone
/// each second on:  rate = rate * 1.05 + 1, up to the limit   (half to all of 1,000/s: 13 s; 1/s to 1,000/s: 80 s)
/// ```
///
/// Answers to what was sent before the store was heard say nothing new: a rate is cut once a
/// second. Half of what was *used*, because a limit above that would give way in theory only. Pure;
/// time is told. Owner: whoever guards it.
final class AdaptiveRate {
    static final double FLOOR_PER_SECOND = 1;
    private static final double CUT = 0.5;
    private static final double GROWTH = 1.05;
    private static final double GROWTH_PER_STEP = 1;
    private static final long SECOND_NS = 1_000_000_000;

    /// A token, but for what sums of fractions lose.
    private static final double ONE = 1 - 1e-6;

    private final double limitPerSecond;
    private double perSecond;
    private double tokens;
    private long refilledNs;
    private long nextStepNs;
    private long lastCutNs;
    private boolean everCut;
    private long windowNs;
    private long usedInWindow;
    private long usedBefore;

    AdaptiveRate(double limitPerSecond, long nowNs) {
        this.limitPerSecond = limitPerSecond;
        this.perSecond = limitPerSecond;
        this.tokens = savedMax();
        this.refilledNs = nowNs;
        this.nextStepNs = nowNs + SECOND_NS;
        this.windowNs = nowNs;
    }

    private double savedMax() {
        return Math.max(1, perSecond);
    }

    double perSecond(long nowNs) {
        refill(nowNs);
        return perSecond;
    }

    /// Whether a request may go now.
    boolean hasToken(long nowNs) {
        refill(nowNs);
        return tokens >= ONE;
    }

    /// When it may, if nothing changes: 0 or more.
    long delayNs(long nowNs) {
        refill(nowNs);
        return tokens >= ONE ? 0 : (long) Math.ceil((1 - tokens) / perSecond * SECOND_NS);
    }

    /// A request goes, or went without being asked (the SDK tries again by itself): then tokens may
    /// be owed, at most one second's worth.
    void take(long nowNs) {
        refill(nowNs);
        tokens = Math.max(tokens - 1, -savedMax());
        usedInWindow++;
    }

    /// The store asks for fewer requests.
    void throttled(long nowNs) {
        refill(nowNs);
        if (everCut && nowNs - lastCutNs < SECOND_NS) {
            return;
        }
        double used = Math.max(usedInWindow, usedBefore);
        perSecond = Math.max(FLOOR_PER_SECOND, Math.min(perSecond, used) * CUT);
        tokens = Math.min(tokens, 0);
        everCut = true;
        lastCutNs = nowNs;
        nextStepNs = nowNs + SECOND_NS;
    }

    private void refill(long nowNs) {
        roll(nowNs);
        while (perSecond < limitPerSecond && nextStepNs - nowNs <= 0) {
            save(nextStepNs);
            perSecond = Math.min(limitPerSecond, perSecond * GROWTH + GROWTH_PER_STEP);
            nextStepNs += SECOND_NS;
        }
        save(nowNs);
    }

    private void save(long untilNs) {
        if (untilNs - refilledNs > 0) {
            double come = (untilNs - refilledNs) * perSecond / SECOND_NS;
            tokens = Math.min(savedMax(), tokens + come);
            refilledNs = untilNs;
        }
    }

    /// Counts what is used by the second.
    private void roll(long nowNs) {
        long passed = (nowNs - windowNs) / SECOND_NS;
        if (passed >= 1) {
            usedBefore = passed == 1 ? usedInWindow : 0;
            usedInWindow = 0;
            windowNs += passed * SECOND_NS;
        }
    }
}
