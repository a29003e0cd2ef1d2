// What the page's questions end with where they are not answered, by a server or by the thread that stands in for one.

export class Refused extends Error {
  /** @param status of HTTP; 0 where nobody answered by it */
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}
