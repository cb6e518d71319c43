// "How do you feel?": eleven faces and a place.

import { recall, remember } from "../memory";
import { randomUuid, Recorder, type RecordState, type Send } from "../record";
import { strings } from "../strings";
import { byId, html, setText } from "./dom";
import { FaceView } from "./face";

const PLACE_KEY = "happiness.place";
const LONGEST_PLACE = 100;

/** How long a confirmation stays. */
const THANKS_MS = 6_000;

export class FeelView {
  private readonly recorder: Recorder;
  private readonly buttons: HTMLButtonElement[] = [];
  private readonly place = html("input", "feel-place");
  private readonly note = html("p", "feel-note");
  private readonly noteText = html("span");
  private readonly retry = html("button", "feel-retry", strings.feel.retry);
  /** The face that was pressed before there was a place. */
  private chosen: number | undefined;
  private thanks: number | undefined;

  constructor(send: Send) {
    this.recorder = new Recorder(send, () => randomUuid(crypto), (state) => this.show(state));
    const title = html("h2", "", strings.feel.title);
    title.id = "feel-title";
    const faces = html("div", "feel-faces", ...this.makeButtons());
    faces.setAttribute("role", "group");
    faces.setAttribute("aria-labelledby", title.id);
    byId("feel").append(html("div", "card-head", title), faces, this.makeForm(), this.makeNote());
  }

  /** The service is there again: what could not be sent is sent now. */
  resend(): void {
    const { state } = this.recorder;
    if (state.kind === "failed" && !state.refused) void this.recorder.retry();
  }

  private makeButtons(): HTMLElement[] {
    for (let happiness = 0; happiness <= 10; happiness++) {
      const face = new FaceView(5);
      face.show(happiness);
      const button = html("button", "feel-face", face.element, html("span", "", String(happiness)));
      button.type = "button";
      button.setAttribute("aria-label", strings.feel.face(happiness));
      button.addEventListener("click", () => this.choose(happiness));
      button.addEventListener("keydown", (event) => this.step(event, happiness));
      this.buttons.push(button);
    }
    this.press(undefined);
    return this.buttons;
  }

  private makeForm(): HTMLElement {
    const { place } = this;
    place.id = "place";
    place.name = "place";
    place.maxLength = LONGEST_PLACE;
    place.placeholder = strings.feel.placeholder;
    place.autocomplete = "off";
    place.enterKeyHint = "done";
    place.value = recall(PLACE_KEY, "");
    place.addEventListener("input", () => remember(PLACE_KEY, place.value.trim()));
    const label = html("label", "", strings.feel.place);
    label.htmlFor = place.id;
    const form = html("form", "feel-form", place, label);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.chosen !== undefined) this.choose(this.chosen);
    });
    return form;
  }

  private makeNote(): HTMLElement {
    this.noteText.setAttribute("role", "status");
    this.retry.type = "button";
    this.retry.hidden = true;
    this.retry.addEventListener("click", () => void this.recorder.retry());
    this.note.append(this.noteText, this.retry);
    return this.note;
  }

  private choose(happiness: number): void {
    if (this.recorder.state.kind === "sending") return;
    this.chosen = happiness;
    this.press(happiness);
    const place = this.place.value.trim();
    if (place === "") {
      this.say(strings.feel.askPlace, "asking");
      this.place.focus();
      return;
    }
    this.chosen = undefined;
    void this.recorder.record(place, happiness);
  }

  /** Arrow keys walk along the faces. */
  private step(event: KeyboardEvent, happiness: number): void {
    const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    this.buttons[happiness + by]?.focus();
  }

  private show(state: RecordState): void {
    clearTimeout(this.thanks);
    this.retry.hidden = state.kind !== "failed" || state.refused;
    const { feel } = strings;
    switch (state.kind) {
      case "sending":
        this.say(feel.sending, "sending");
        break;
      case "failed":
        this.say(feel.failed(state.message), "failed");
        break;
      case "recorded":
        this.say(feel.recorded(state.reading.place, state.reading.happiness), "recorded");
        this.thanks = window.setTimeout(() => {
          this.say("", "");
          this.press(undefined);
        }, THANKS_MS);
    }
  }

  private press(happiness: number | undefined): void {
    this.buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === happiness)));
  }

  private say(text: string, kind: string): void {
    setText(this.noteText, text);
    this.note.dataset.kind = kind;
  }
}
