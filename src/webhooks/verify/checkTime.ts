export type TimeFault = {
  code: 'clock-behind' | 'clock-ahead';
  /** How far the sender's time is from ours, in whole seconds. */
  seconds: number;
};

/** Whether a verified time is near enough to ours, so that what somebody recorded cannot be sent again later. */
export function checkTime(options: {
  /** Seconds since 1970, as the sender signed them. */
  timestamp: number;
  now: Date;
  windowMs: number;
}): TimeFault | undefined {
  const aheadMs = options.timestamp * 1000 - options.now.getTime();
  if (Math.abs(aheadMs) <= options.windowMs) {
    return undefined;
  }
  return {
    code: aheadMs < 0 ? 'clock-behind' : 'clock-ahead',
    seconds: Math.round(Math.abs(aheadMs) / 1000),
  };
}
