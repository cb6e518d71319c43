// Room for the map. What draws it is large, and comes when the page stands.

import type { Atlas } from "../map/atlas";
import { recall, remember } from "../memory";
import type { PlaceRow } from "../summary";
import { byId } from "./dom";

/** Whether there was something to see on it when the page was here last. */
const SHOWN_KEY = "happiness.map";

export class MapView {
  private readonly box = byId("map");
  private atlas: Atlas | undefined;
  private rows: readonly PlaceRow[] = [];
  private open: string | undefined;
  private isShown = false;

  /** @param onChoice a place on the map was chosen */
  constructor(private readonly onChoice: (place: string) => void) {
    // So that nothing moves when it comes.
    this.makeRoom(recall<unknown>(SHOWN_KEY, false) === true);
  }

  /** Brings what draws it. A page without it still has everything else. */
  load(): void {
    const script = document.createElement("script");
    script.src = new URL("map.js", document.baseURI).href;
    script.addEventListener("load", () => {
      this.atlas = window.happinessAtlas?.(this.box, this.onChoice);
      this.show(this.rows, this.open);
    });
    document.head.append(script);
  }

  show(rows: readonly PlaceRow[], open: string | undefined): void {
    this.rows = rows;
    this.open = open;
    if (!this.atlas || rows.length === 0) return;
    const isShown = this.atlas.show(rows, open) > 0;
    if (isShown === this.isShown) return;
    this.makeRoom(isShown);
    remember(SHOWN_KEY, isShown);
  }

  private makeRoom(isShown: boolean): void {
    this.isShown = isShown;
    document.body.classList.toggle("has-map", isShown);
  }
}
