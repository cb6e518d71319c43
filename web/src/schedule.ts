// When to draw: never more often than each `interval`, never in a hidden tab, and at
// once when the tab is shown again.

export class Schedule {
  private pending = false;
  private last = -Infinity;

  constructor(
    private readonly interval: () => number,
    private readonly draw: () => void,
  ) {
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.request();
    });
  }

  /** Asks for a drawing soon; any number of these is one drawing. */
  request(): void {
    if (this.pending || document.hidden) return;
    this.pending = true;
    const wait = Math.max(0, this.last + this.interval() - performance.now());
    if (wait === 0) requestAnimationFrame(() => this.run());
    else setTimeout(() => requestAnimationFrame(() => this.run()), wait);
  }

  private run(): void {
    this.pending = false;
    if (document.hidden) return;
    this.last = performance.now();
    this.draw();
  }
}
