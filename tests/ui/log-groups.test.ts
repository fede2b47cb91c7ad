import { expect, it } from "vitest";
import type { LogLine } from "../../src/api/ui/contract.ts";
import { groupsOf, placeOf, rowsOf } from "../../ui/src/log/groups.ts";

const line = (message: string, level: LogLine["level"] = "info"): LogLine => ({
  time: "",
  level,
  logger: "task",
  message,
});
const none = (): boolean => false;
const all = (): boolean => true;

it("finds groups as Airflow and GitHub write them, within each other, and those that nobody ends", () => {
  const lines = [
    "a",
    "::group::Outer",
    "b",
    "##[group]Inner",
    "c",
    "##[endgroup]",
    "::endgroup::",
    "::group::Open",
    "d",
  ].map((text) => line(text));
  expect(groupsOf(lines)).toEqual([
    { start: 1, end: 7, title: "Outer", depth: 0, hasError: false },
    { start: 3, end: 6, title: "Inner", depth: 1, hasError: false },
    { start: 7, end: 9, title: "Open", depth: 0, hasError: false },
  ]);
});

it("says which groups have an error in them", () => {
  const lines = [line("::group::One"), line("::group::Two"), line("x", "error"), line("::endgroup::")];
  expect(groupsOf([...lines, line("::endgroup::"), line("::group::Three")])).toMatchObject([
    { title: "One", hasError: true },
    { title: "Two", hasError: true },
    { title: "Three", hasError: false },
  ]);
});

it("leaves out what is folded, and the lines that end a group", () => {
  const lines = ["a", "::group::G", "b", "::group::H", "c", "::endgroup::", "::endgroup::", "d"].map((text) =>
    line(text),
  );
  const groups = groupsOf(lines);
  const seen = (isOpen: Parameters<typeof rowsOf>[2]) =>
    rowsOf(lines, groups, isOpen).map(({ index, depth }) => `${depth}${lines[index]?.message}`);
  expect(seen(none)).toEqual(["0a", "0::group::G", "0d"]);
  expect(seen(all)).toEqual(["0a", "0::group::G", "1b", "1::group::H", "2c", "0d"]);
  expect(seen(({ title }) => title === "G")).toEqual(["0a", "0::group::G", "1b", "1::group::H", "0d"]);
  // An inner one that is open does not show while the outer one is folded.
  expect(seen(({ title }) => title === "H")).toEqual(["0a", "0::group::G", "0d"]);
});

it("finds a line among the rows, and the head of its group where it is folded away", () => {
  const lines = ["a", "::group::G", "b", "c", "::endgroup::", "d"].map((text) => line(text));
  const groups = groupsOf(lines);
  expect(placeOf(rowsOf(lines, groups, all), 3)).toBe(3);
  expect(placeOf(rowsOf(lines, groups, none), 3)).toBe(1);
  expect(placeOf(rowsOf(lines, groups, none), 5)).toBe(2);
});

it("takes a log without groups as it is", () => {
  const lines = [line("a"), line("::endgroup::"), line("b")];
  expect(rowsOf(lines, groupsOf(lines), none).map(({ index }) => index)).toEqual([0, 2]);
});
