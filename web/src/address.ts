/** The address bar, in which both the page and the person write. */

export interface Bar {
  standing: () => string;
  replace: (fragment: string) => void;
}

/** Writes what is looked at into the bar, but never over what a person put there and the page has not read yet. */
export class Address {
  private known: string;

  constructor(private readonly bar: Bar) {
    this.known = bar.standing();
  }

  /** Take what stands in the bar as read. */
  read(): string {
    this.known = this.bar.standing();
    return this.known;
  }

  /** Write a fragment; false if a person wrote first, whose word comes with the event of its change. */
  write(fragment: string): boolean {
    if (this.bar.standing() !== this.known) return false;
    if (fragment !== this.known) this.bar.replace(fragment);
    this.read();
    return true;
  }
}
