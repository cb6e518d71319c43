// Room for the map. What draws it is large, and comes when the page stands.

import type { Atlas } from "../map/atlas";
import type { PlaceRow } from "../summary";
import { byId } from "./dom";

export class MapView {
  private readonly box = byId("map");
  private atlas: Atlas | undefined;
  private rows: readonly PlaceRow[] = [];
  private open: string | undefined;

  /** @param onChoice a place on the map was chosen */
  constructor(private readonly onChoice: (place: string) => void) {}

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
    const shown = this.atlas?.show(rows, open) ?? 0;
    document.body.classList.toggle("has-map", shown > 0);
  }
}
