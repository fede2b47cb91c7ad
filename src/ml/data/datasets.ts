/**
 * Data that comes with Tradewind: two classic sets, and a generator of ad clicks. Origins and licences are in
 * `data/files/NOTICE.md`.
 */
import { readFile } from "node:fs/promises";
import { RandomState } from "../random-state.ts";
import { encodeLabels } from "../selection/classes.ts";
import { parseCsv } from "./csv.ts";
import type { Matrix } from "./matrix.ts";
import { Table } from "./table.ts";

export interface Dataset {
  /** Features and `target`, as one table. */
  table: Table;
  x: Matrix;
  /** 0…k−1. */
  y: Float64Array;
  featureNames: string[];
  targetNames: string[];
}

/** 150 irises of three species, four lengths in centimetres (Fisher 1936). */
export async function loadIris(): Promise<Dataset> {
  return loadBundled(
    "iris.csv",
    ["setosa", "versicolor", "virginica"],
    ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"],
  );
}

/** 569 breast tumours, malignant (0) or benign (1), thirty measures of their cells (Wolberg et al. 1995). */
export async function loadBreastCancer(): Promise<Dataset> {
  const measures = ["radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity"];
  measures.push("concave points", "symmetry", "fractal dimension");
  const names = [
    ...measures.map((measure) => `mean ${measure}`),
    ...measures.map((measure) => `${measure} error`),
    ...measures.map((measure) => `worst ${measure}`),
  ];
  return loadBundled("breast_cancer.csv", ["malignant", "benign"], names);
}

async function loadBundled(file: string, targetNames: string[], featureNames: string[]): Promise<Dataset> {
  const text = await readFile(new URL(`files/${file}`, import.meta.url), "utf8");
  // The first line counts rows and features and names the classes.
  const table = parseCsv(text.slice(text.indexOf("\n") + 1), { file, columns: [...featureNames, "target"] });
  return { table, x: table.matrix(featureNames), y: table.numbers("target"), featureNames, targetNames };
}

/** Columns of an ad-click log, as `generateAdClicks` makes them. */
export const adClickColumns = [
  "Daily Time Spent on Site",
  "Age",
  "Area Income",
  "Daily Internet Usage",
  "Ad Topic Line",
  "City",
  "Male",
  "Country",
  "Timestamp",
  "Clicked on Ad",
] as const;

/**
 * Invented visitors of a site and whether they clicked on an ad, half of them each. Clickers spend less time on the
 * site and online, are older and earn less; the two groups overlap a little, so a linear model reaches about 97 %.
 */
export function generateAdClicks(rows: number, seed: number): Table {
  const random = new RandomState(seed);
  const clicked = random.permutation(rows).map((at) => at % 2);
  const normal = (
    row: number,
    [no, yes]: readonly [number, number],
    spread: number,
    low: number,
    high: number,
  ): number => Math.min(high, Math.max(low, (clicked[row] === 1 ? yes : no) + spread * random.gauss()));
  const visitors = Array.from({ length: rows }, (_, row) => ({
    site: toCents(normal(row, [76.9, 53.1], 9.5, 32, 92)),
    age: Math.round(normal(row, [31.7, 40.3], 7.5, 19, 61)),
    income: toCents(normal(row, [61_400, 48_600], 11_500, 14_000, 80_000)),
    usage: toCents(normal(row, [214, 146], 26, 104, 270)),
    male: random.interval(1),
    topic: `${pick(random, adjectives)} ${pick(random, manners)} ${pick(random, nouns)}`,
    city: `${pick(random, cityStarts)}${pick(random, cityEnds)}`,
    country: pick(random, countries),
    time: timestamp(random),
  }));
  const [site, age, income, usage, topic, city, male, country, time, target] = adClickColumns;
  return Table.from({
    [site]: visitors.map((visitor) => visitor.site),
    [age]: visitors.map((visitor) => visitor.age),
    [income]: visitors.map((visitor) => visitor.income),
    [usage]: visitors.map((visitor) => visitor.usage),
    [topic]: visitors.map((visitor) => visitor.topic),
    [city]: visitors.map((visitor) => visitor.city),
    [male]: visitors.map((visitor) => visitor.male),
    [country]: visitors.map((visitor) => visitor.country),
    [time]: visitors.map((visitor) => visitor.time),
    [target]: clicked,
  });
}

/** Numbers 0…k−1 for the texts of a column, in sorted order: what a city or a country becomes for a model. */
export function encodeColumn(table: Table, name: string): Int32Array {
  return encodeLabels(table.texts(name).map((text) => text ?? "")).codes;
}

function toCents(value: number): number {
  return Math.round(value * 100) / 100;
}

function pick(random: RandomState, words: readonly string[]): string {
  return words[random.interval(words.length - 1)];
}

/** A second in the first half of 2016, as "YYYY-MM-DD hh:mm:ss". */
function timestamp(random: RandomState): string {
  const start = Date.UTC(2016, 0, 1) / 1000;
  const second = start + random.interval(182 * 86_400 - 1);
  return new Date(second * 1000).toISOString().slice(0, 19).replace("T", " ");
}

const adjectives = [
  "Adaptive",
  "Balanced",
  "Customizable",
  "Focused",
  "Intuitive",
  "Managed",
  "Optional",
  "Robust",
];
const manners = [
  "asynchronous",
  "bottom-line",
  "client-driven",
  "dynamic",
  "fault-tolerant",
  "local",
  "modular",
];
const nouns = [
  "archive",
  "benchmark",
  "capability",
  "forecast",
  "instruction set",
  "model",
  "portal",
  "synergy",
];
const cityStarts = ["North ", "South ", "East ", "West ", "New ", "Lake ", "Port "];
const cityEnds = [
  "Alder",
  "Birch",
  "Cedar",
  "Elm",
  "Hazel",
  "Juniper",
  "Linden",
  "Maple",
  "Oak",
  "Rowan",
  "Willow",
];
const countries = [
  "Australia",
  "Brazil",
  "Ghana",
  "India",
  "Japan",
  "Kenya",
  "Norway",
  "Peru",
  "Samoa",
  "Tunisia",
];
