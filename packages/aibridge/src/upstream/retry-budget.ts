/** How many requests may be repeated, as a share of all. */
export interface RetryBudget {
  /** A request came. */
  earn(): void;
  /** Whether there is a retry left; takes it. */
  spend(): boolean;
}

/** One retry for so many requests. */
const requestsForRetry = 10;
const retriesMax = 10;

/**
 * Retries help against a fault that passes, and make an outage worse. So they
 * are a tenth of the requests at most, after the first ten.
 */
export function createRetryBudget(): RetryBudget {
  let earned = retriesMax * requestsForRetry;
  return {
    earn() {
      if (earned < retriesMax * requestsForRetry) earned++;
    },
    spend() {
      if (earned < requestsForRetry) return false;
      earned -= requestsForRetry;
      return true;
    },
  };
}
