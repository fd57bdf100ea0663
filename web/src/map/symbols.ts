/** Symbols of tracks and sensors, drawn once each and kept by the map: a civil set of plain shapes, or APP-6 by milsymbol. */
import { signal } from "@preact/signals";
import type { Affiliation, ObjectKind, TrackStatus } from "../protocol";
import type { Palette } from "./palette";

export const PIXELS = 2;
export const SIZE = 34;

export type Pen = CanvasRenderingContext2D;
export type SymbolSet = "civil" | "military";

/** The set in use: the military one is a large library, fetched when it is first asked for. */
export const symbolSet = signal<SymbolSet>("civil");
let military: typeof import("./military").military | null = null;

export async function useSymbols(set: SymbolSet): Promise<void> {
  if (set === "military") military ??= (await import("./military")).military;
  symbolSet.value = set;
}

export function sheet(size = SIZE): { pen: Pen; done: () => ImageData } {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size * PIXELS;
  const pen = canvas.getContext("2d", { willReadFrequently: true }); // read back at once: not by way of the graphics processor
  if (!pen) throw new Error("this browser gives no 2-D canvas");
  pen.scale(PIXELS, PIXELS);
  pen.translate(size / 2, size / 2);
  return { pen, done: () => pen.getImageData(0, 0, canvas.width, canvas.height) };
}

/** The frame tells the affiliation by its shape: circle friend, square neutral, clover unknown, diamond suspect and hostile. */
function frame(pen: Pen, affiliation: Affiliation): void {
  const r = 12;
  pen.beginPath();
  if (affiliation === "friend" || affiliation === "assumed_friend") pen.arc(0, 0, r, 0, 2 * Math.PI);
  else if (affiliation === "neutral") pen.rect(-r + 1, -r + 1, 2 * r - 2, 2 * r - 2);
  else if (affiliation === "unknown") {
    const q = 6.5;
    pen.arc(0, -q, q, Math.PI * 0.93, Math.PI * 0.07);
    pen.arc(q, 0, q, Math.PI * 1.43, Math.PI * 0.57);
    pen.arc(0, q, q, Math.PI * 1.93, Math.PI * 1.07);
    pen.arc(-q, 0, q, Math.PI * 0.43, Math.PI * 1.57);
    pen.closePath();
  } else {
    const d = 14.5;
    pen.moveTo(0, -d);
    pen.lineTo(d, 0);
    pen.lineTo(0, d);
    pen.lineTo(-d, 0);
    pen.closePath();
  }
}

/** The line tells the status: solid confirmed, dashed tentative, dotted and unfilled coasted. */
export function dashes(status: TrackStatus): number[] {
  return status === "tentative" ? [4, 3] : status === "coasted" ? [1.4, 3] : [];
}

const GLYPHS: Record<ObjectKind, (pen: Pen) => void> = {
  rocket(pen) {
    pen.moveTo(0, -8.5);
    pen.quadraticCurveTo(3.4, -4, 2.6, 3);
    pen.lineTo(5.5, 7.5);
    pen.lineTo(0, 5.2);
    pen.lineTo(-5.5, 7.5);
    pen.lineTo(-2.6, 3);
    pen.quadraticCurveTo(-3.4, -4, 0, -8.5);
  },
  drone(pen) {
    for (const [x, y] of [[-5, -5], [5, -5], [5, 5], [-5, 5]] as const) {
      pen.moveTo(x + 2.6, y);
      pen.arc(x, y, 2.6, 0, 2 * Math.PI);
    }
    pen.rect(-2, -2, 4, 4);
  },
  own_drone(pen) {
    GLYPHS.drone(pen);
  },
  aircraft(pen) {
    pen.moveTo(0, -8.5);
    pen.lineTo(1.6, -2);
    pen.lineTo(8.5, 2.2);
    pen.lineTo(8.5, 4);
    pen.lineTo(1.6, 2.4);
    pen.lineTo(1.2, 6);
    pen.lineTo(3.4, 8);
    pen.lineTo(-3.4, 8);
    pen.lineTo(-1.2, 6);
    pen.lineTo(-1.6, 2.4);
    pen.lineTo(-8.5, 4);
    pen.lineTo(-8.5, 2.2);
    pen.lineTo(-1.6, -2);
  },
  helicopter(pen) {
    pen.ellipse(0, 1.4, 3.2, 4.6, 0, 0, 2 * Math.PI);
    pen.rect(-8.5, -5.6, 17, 1.8);
    pen.rect(-0.8, 5, 1.6, 4);
  },
  balloon(pen) {
    pen.ellipse(0, -2, 5.2, 6, 0, 0, 2 * Math.PI);
    pen.rect(-1.6, 5, 3.2, 2.8);
  },
  bird(pen) {
    pen.moveTo(-8, -1.5);
    pen.quadraticCurveTo(-3.5, -7, 0, -0.5);
    pen.quadraticCurveTo(3.5, -7, 8, -1.5);
    pen.quadraticCurveTo(3.5, -3.5, 0, 4);
    pen.quadraticCurveTo(-3.5, -3.5, -8, -1.5);
  },
  unknown(pen) {
    pen.font = "bold 15px sans-serif";
  },
};

function civil(affiliation: Affiliation, kind: ObjectKind, status: TrackStatus, palette: Palette): ImageData {
  const { pen, done } = sheet();
  const colour = palette.affiliation[affiliation];
  frame(pen, affiliation);
  pen.lineJoin = "round";
  pen.lineCap = status === "coasted" ? "round" : "butt";
  // a halo keeps the frame legible over any ground
  pen.strokeStyle = palette.halo;
  pen.lineWidth = 5;
  pen.stroke();
  pen.globalAlpha = status === "coasted" ? 0.35 : 0.92;
  pen.fillStyle = palette.halo;
  pen.fill();
  pen.globalAlpha = 1;
  pen.setLineDash(dashes(status));
  pen.strokeStyle = colour;
  pen.lineWidth = affiliation === "hostile" ? 3.4 : 2.2;
  pen.stroke();
  pen.setLineDash([]);
  pen.fillStyle = colour;
  pen.strokeStyle = colour;
  pen.beginPath();
  (GLYPHS[kind] ?? GLYPHS.unknown)(pen);
  if (kind === "unknown") {
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText("?", 0, 1);
  } else if (status === "coasted") {
    pen.lineWidth = 1;
    pen.stroke();
  } else pen.fill();
  if (affiliation === "assumed_friend") mark(pen, palette, colour);
  return done();
}

/** "?" at the frame's corner: taken for a friend, not proven. */
function mark(pen: Pen, palette: Palette, colour: string): void {
  pen.font = "bold 11px sans-serif";
  pen.textAlign = "center";
  pen.lineWidth = 3;
  pen.strokeStyle = palette.halo;
  pen.strokeText("?", 12, -7);
  pen.fillStyle = colour;
  pen.fillText("?", 12, -7);
}

const SENSOR_GLYPHS: Record<string, (pen: Pen) => void> = {
  radar(pen) {
    pen.arc(0, -1, 6, Math.PI * 0.15, Math.PI * 0.85);
    pen.moveTo(0, 5);
    pen.lineTo(0, -5);
    pen.moveTo(-4, 8);
    pen.lineTo(4, 8);
  },
  acoustic(pen) {
    for (const r of [2.5, 5.5, 8.5]) {
      pen.moveTo(-3 + r * Math.cos(0.9), -r * Math.sin(0.9));
      pen.arc(-3, 0, r, -0.9, 0.9);
    }
  },
  balloon(pen) {
    pen.ellipse(0, -2, 4.5, 5.4, 0, 0, 2 * Math.PI);
    pen.moveTo(0, 3.4);
    pen.lineTo(0, 8);
  },
  drone(pen) {
    pen.moveTo(-5, -5);
    pen.lineTo(5, 5);
    pen.moveTo(5, -5);
    pen.lineTo(-5, 5);
  },
  camera(pen) {
    pen.rect(-7, -4, 9, 8);
    pen.moveTo(2, -1);
    pen.lineTo(7, -4);
    pen.lineTo(7, 4);
    pen.lineTo(2, 1);
  },
  cooperative(pen) {
    pen.moveTo(0, -1);
    pen.lineTo(0, 8);
    pen.moveTo(-5.5, -6);
    pen.arc(0, -2, 5, Math.PI * 1.15, Math.PI * 1.85);
    pen.moveTo(3, -1);
    pen.arc(0, -1, 1.5, 0, 2 * Math.PI);
  },
};

/** A sensor: square with cut corners; crossed out when lost, dotted when late. */
function sensor(kind: string, status: string, palette: Palette): ImageData {
  const { pen, done } = sheet(30);
  pen.beginPath();
  for (const [x, y] of [[-6, -11], [6, -11], [11, -6], [11, 6], [6, 11], [-6, 11], [-11, 6], [-11, -6]] as const) pen.lineTo(x, y);
  pen.closePath();
  pen.fillStyle = palette.halo;
  pen.globalAlpha = 0.85;
  pen.fill();
  pen.globalAlpha = 1;
  pen.strokeStyle = status === "lost" ? palette.faint : palette.ink;
  pen.lineWidth = 1.3;
  pen.setLineDash(status === "late" ? [2, 2] : []);
  pen.stroke();
  pen.setLineDash([]);
  pen.beginPath();
  SENSOR_GLYPHS[kind]?.(pen);
  pen.lineWidth = 1.5;
  pen.stroke();
  if (status === "lost") {
    pen.beginPath();
    for (const side of [-1, 1]) {
      pen.moveTo(-12 * side, -12);
      pen.lineTo(12 * side, 12);
    }
    pen.strokeStyle = palette.halo;
    pen.lineWidth = 5;
    pen.stroke();
    pen.strokeStyle = palette.ink;
    pen.lineWidth = 2.2;
    pen.stroke();
  }
  return done();
}

/** Hatching of a level: it repeats in lines what the colour says. */
export function hatch(level: string, palette: Palette): ImageData {
  const size = 12;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size * PIXELS;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (!pen) throw new Error("this browser gives no 2-D canvas");
  pen.scale(PIXELS, PIXELS);
  if (level === "blind" || level === "lost") return sparse(pen, canvas, level === "blind" ? palette.blind : palette.ink, size);
  const colour = palette.level[level as keyof Palette["level"]] ?? palette.faint;
  pen.strokeStyle = colour;
  pen.fillStyle = colour;
  pen.globalAlpha = 0.16;
  pen.fillRect(0, 0, size, size);
  pen.globalAlpha = 0.7;
  pen.lineWidth = level === "take_shelter" ? 2.6 : 1.2;
  pen.beginPath();
  const slants = level === "remain" ? [1, -1] : level === "all_clear" ? [] : [1];
  for (const slant of slants)
    for (const shift of [-size, 0, size]) {
      pen.moveTo(shift - 2, slant > 0 ? size + 2 : -2);
      pen.lineTo(shift + size + 2, slant > 0 ? -2 : size + 2);
    }
  pen.stroke();
  if (level === "all_clear") for (const [x, y] of [[3, 3], [9, 9]] as const) pen.fillRect(x - 1, y - 1, 2, 2);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

/** A thin hatching without a ground: what is missing, time or sight; rising for the one, dotted for the other is its edge. */
function sparse(pen: CanvasRenderingContext2D, canvas: HTMLCanvasElement, colour: string, size: number): ImageData {
  pen.strokeStyle = colour;
  pen.globalAlpha = 0.55;
  pen.lineWidth = 0.8;
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift - 2, -2);
    pen.lineTo(shift + size + 2, size + 2);
  }
  pen.stroke();
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

/** Draw the symbol of a name as features.ts makes them: "friend/drone/confirmed" or "sensor/radar/live". */
export function draw(name: string, set: SymbolSet, palette: Palette): ImageData {
  const [first = "", second = "", third = ""] = name.split("/");
  if (first === "sensor") return sensor(second, third, palette);
  const make = set === "military" && military ? military : civil;
  return make(first as Affiliation, second as ObjectKind, third as TrackStatus, palette);
}
