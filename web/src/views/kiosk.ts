// On a wall nobody touches it, and the screen must not go dark.

export function beKiosk(): void {
  document.documentElement.classList.add("kiosk");
  void keepAwake();
  // A lock is lost when the page is hidden.
  document.addEventListener("visibilitychange", () => void keepAwake());
}

async function keepAwake(): Promise<void> {
  if (document.hidden) return;
  try {
    await navigator.wakeLock?.request("screen");
  } catch {
    return; // low battery, or not allowed here
  }
}
