// The words of this page, in its reader's language.

import { parseSettings } from "./settings";
import { chooseStrings } from "./strings/choose";

const readers = typeof navigator === "undefined" ? [] : (navigator.languages ?? []);
const linked = typeof location === "undefined" ? undefined : parseSettings(location.search).language;

export const strings = chooseStrings(linked ? [linked, ...readers] : readers);
