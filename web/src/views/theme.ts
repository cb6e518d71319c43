// The colours of the style sheet, for what is drawn on a canvas.

export interface Theme {
  readonly ink: string;
  readonly soft: string;
  readonly line: string;
  readonly card: string;
  readonly accent: string;
  readonly font: string;
  /** Of the page's text, in pixels. */
  readonly size: number;
}

/** Light or dark, whatever the reader's system is. */
export function setTheme(theme: "light" | "dark"): void {
  document.documentElement.dataset.theme = theme;
}

export function readTheme(): Theme {
  const style = getComputedStyle(document.body);
  const value = (name: string): string => style.getPropertyValue(name).trim();
  return {
    ink: value("--ink"),
    soft: value("--soft"),
    line: value("--line"),
    card: value("--card"),
    accent: value("--accent"),
    font: style.fontFamily,
    size: parseFloat(style.fontSize),
  };
}

/** Calls back when the reader's system turns from light to dark or back. */
export function onThemeChange(listener: () => void): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", listener);
}
