/** One of the limits that a rule sets; an excess of more than 1 breaks it. */
export interface Bound {
  error: number;
  limit: number;
  excess: number;
}

/** A rule's verdict on one vector: the last dimension, one head of one token. */
export interface VectorVerdict {
  /** Index of the vector in the output. */
  index: number;
  /** The bound to show: of those that are broken, or else the nearest. */
  shown: Bound;
  /** Each limit that the vector is past, with its numbers; where there are any. */
  broken: string[];
  /** How far past its limits the vector is, by any bound; more than 1 fails. */
  excess: number;
  /** Element farthest from the reference. */
  worst: number;
  finite: boolean;
}

/** At most four digits. */
export function figure(value: number | undefined): string {
  return value === undefined ? "absent" : `${Number(value.toPrecision(4))}`;
}
