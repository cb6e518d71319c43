// The connection's state, in one quiet line.

import type { Status } from "../follow";
import { strings } from "../strings";
import { byId, html, setText } from "./dom";

export class StatusView {
  private readonly element = byId("status");
  private readonly text = html("span");
  /** What a screen reader hears: changes of the state, not the seconds. */
  private readonly spoken = html("span", "spoken");

  constructor() {
    this.text.setAttribute("aria-hidden", "true");
    this.spoken.setAttribute("role", "status");
    this.element.append(html("span", "status-dot"), this.text, this.spoken);
  }

  show(status: Status, latestTime: number, now: number): void {
    this.element.dataset.state = status.kind;
    setText(this.text, line(status, latestTime, now));
    setText(this.spoken, status.kind === "live" ? strings.status.live : strings.status.connecting);
  }
}

function line(status: Status, latestTime: number, now: number): string {
  switch (status.kind) {
    case "connecting":
      return strings.status.connecting;
    case "waiting":
      return strings.status.waiting(status.until - now);
    case "live":
      return latestTime === 0 ? strings.status.live : strings.status.liveSince(now - latestTime);
  }
}
