// Which language: the link's, or the first of the reader's that there is.

import { de } from "./de";
import { en, type Strings } from "./en";

const ALL: readonly Strings[] = [en, de];

export function chooseStrings(wanted: readonly string[]): Strings {
  for (const tag of wanted) {
    const found = ALL.find(({ language }) => tag.toLowerCase().split("-")[0] === language);
    if (found) return found;
  }
  return en;
}
