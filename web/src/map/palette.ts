/**
 * Colours.  Okabe and Ito's set ("Color Universal Design", 2008) that colour-blind people can tell apart; red stands for "take
 * shelter" and nothing else, amber for "prepare"; every colour is repeated by shape, line style and word.
 */
import type { Affiliation, Level } from "../protocol";
import type { Theme } from "../view";

export interface Palette {
  ground: string;
  water: string;
  border: string;
  ink: string;
  halo: string;
  faint: string;
  /** Relief: colour of slopes in shade and in light. */
  shade: [number, number, number];
  light: [number, number, number];
  low: [number, number, number];
  high: [number, number, number];
  launch: string;
  impact: string;
  corridor: string;
  airway: string;
  coverage: string;
  /** The blind zone: no warning time. */
  blind: string;
  selected: string;
  affiliation: Record<Affiliation, string>;
  level: Record<Level, string>;
}

const AFFILIATION_DARK: Record<Affiliation, string> = {
  friend: "#56b4e9", assumed_friend: "#8fcdf0", neutral: "#2fbf94", unknown: "#f0e442", suspect: "#e08fbd", hostile: "#e08fbd",
};
const AFFILIATION_LIGHT: Record<Affiliation, string> = {
  friend: "#0072b2", assumed_friend: "#3c8fbf", neutral: "#007a58", unknown: "#c9b800", suspect: "#a8467c", hostile: "#a8467c",
};

export const PALETTES: Record<Theme, Palette> = {
  dark: {
    ground: "#1a2228", water: "#0e151b", border: "#50606c", ink: "#eef3f6", halo: "#0b1014", faint: "#8fa0ab",
    shade: [8, 12, 15], light: [110, 120, 122], low: [29, 38, 42], high: [58, 60, 56],
    launch: "#c9a6f5", impact: "#ff9d6b", corridor: "#e08fbd", airway: "#6d8799", coverage: "#56b4e9", blind: "#d0b48c", selected: "#ffffff",
    affiliation: AFFILIATION_DARK,
    level: {
      clear: "#8fa0ab", watch: "#dfe7ec", prepare: "#e69f00", take_shelter: "#ff3b30", remain: "#3fa0e0", all_clear: "#2fbf94",
    },
  },
  light: {
    ground: "#efece4", water: "#cfdde6", border: "#8a8f94", ink: "#14202a", halo: "#ffffff", faint: "#5c6870",
    shade: [150, 144, 130], light: [255, 255, 252], low: [233, 231, 220], high: [247, 242, 230],
    launch: "#5b2e9d", impact: "#b3500f", corridor: "#a8467c", airway: "#6d7c88", coverage: "#0072b2", blind: "#6b4f1d", selected: "#000000",
    affiliation: AFFILIATION_LIGHT,
    level: {
      clear: "#6b767d", watch: "#2b3a44", prepare: "#b87400", take_shelter: "#c8102e", remain: "#0072b2", all_clear: "#007a58",
    },
  },
  // for eyes used to the dark: one hue; here brightness, line style and words carry what colour does elsewhere
  night: {
    ground: "#140606", water: "#0a0202", border: "#5c2420", ink: "#ff8a75", halo: "#0a0202", faint: "#a34a3f",
    shade: [6, 1, 1], light: [70, 26, 22], low: [20, 7, 7], high: [34, 13, 12],
    launch: "#e0705c", impact: "#ff8a75", corridor: "#c65a4a", airway: "#7a352d", coverage: "#a34a3f", blind: "#c26450", selected: "#ffc4b8",
    affiliation: {
      friend: "#a8503f", assumed_friend: "#a8503f", neutral: "#c26450", unknown: "#e0806a", suspect: "#ffab98", hostile: "#ffc4b8",
    },
    level: {
      clear: "#7a352d", watch: "#c26450", prepare: "#ff8a5c", take_shelter: "#ffb3a3", remain: "#d9705c", all_clear: "#a8503f",
    },
  },
};
