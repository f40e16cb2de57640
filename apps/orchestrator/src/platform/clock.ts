/** Time comes in at the front door: services take a Clock, tests give them one that they move. */
export abstract class Clock {
  abstract now(): Date;
}

export class SystemClock extends Clock {
  now(): Date {
    return new Date();
  }
}
