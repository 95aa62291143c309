/** An error of the worker whose message is one sentence for people. */
export class Failure extends Error {}
