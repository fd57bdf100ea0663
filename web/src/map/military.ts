/** Symbols of APP-6 / MIL-STD-2525 by milsymbol, with the frames in this console's colours. */
import ms, { type ColorMode } from "milsymbol";
import type { Affiliation, ObjectKind, TrackStatus } from "../protocol";
import type { Palette } from "./palette";
import { dashes, PIXELS, sheet, SIZE } from "./symbols";

/** MIL-STD-2525C letters: standard identity, battle dimension, status, function. */
const IDENTITY: Record<Affiliation, string> = {
  friend: "F", assumed_friend: "A", neutral: "N", unknown: "U", suspect: "S", hostile: "H",
};
const FUNCTION: Record<ObjectKind, string> = {
  rocket: "WM----", drone: "MFQ---", own_drone: "MFQ---", aircraft: "CF----", helicopter: "MH----", balloon: "ML----",
  bird: "------", unknown: "------",
};

/** APP-6 colours hostile red; here red stands for "take shelter" alone, and the frame's shape says the same. */
function colours(palette: Palette): ColorMode {
  const side = palette.affiliation;
  return {
    Civilian: side.neutral, Friend: side.friend, Hostile: side.hostile, Neutral: side.neutral, Unknown: side.unknown,
    Suspect: side.suspect,
  };
}

export function military(affiliation: Affiliation, kind: ObjectKind, status: TrackStatus, palette: Palette): ImageData {
  const { pen, done } = sheet();
  const letters = `S${IDENTITY[affiliation]}AP${FUNCTION[kind] ?? "------"}-----`;
  const symbol = new ms.Symbol(letters, {
    size: 15 * PIXELS, outlineWidth: 5, outlineColor: palette.halo, colorMode: colours(palette),
  });
  const drawn = symbol.asCanvas();
  pen.scale(1 / PIXELS, 1 / PIXELS);
  const shrink = Math.min(1, (SIZE * PIXELS) / Math.max(drawn.width, drawn.height));
  pen.globalAlpha = status === "coasted" ? 0.55 : 1;
  pen.drawImage(drawn, (-drawn.width * shrink) / 2, (-drawn.height * shrink) / 2, drawn.width * shrink, drawn.height * shrink);
  if (status !== "confirmed") {
    pen.globalAlpha = 1;
    pen.setLineDash(dashes(status).map((dash) => dash * PIXELS));
    pen.strokeStyle = palette.ink;
    pen.lineWidth = 1.5 * PIXELS;
    pen.strokeRect((-SIZE * PIXELS) / 2 + 2, (-SIZE * PIXELS) / 2 + 2, SIZE * PIXELS - 4, SIZE * PIXELS - 4);
  }
  return done();
}
