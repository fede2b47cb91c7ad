/** Plurals; everything else is its own key. */
export const en: { [key: string]: string } = {
  "{{count}} runs_one": "{{count}} run",
  "{{count}} runs_other": "{{count}} runs",
  "{{count}} task instances_one": "{{count}} task instance",
  "{{count}} task instances_other": "{{count}} task instances",
  "{{count}} files did not import_one": "{{count}} file did not import",
  "{{count}} files did not import_other": "{{count}} files did not import",
  "{{count}} lines_one": "{{count}} line",
  "{{count}} lines_other": "{{count}} lines",
  "{{count}} matches_one": "{{count}} match",
  "{{count}} matches_other": "{{count}} matches",
  "{{count}} feature views_one": "{{count}} feature view",
  "{{count}} feature views_other": "{{count}} feature views",
  "{{count}} steps_one": "{{count}} step",
  "{{count}} steps_other": "{{count}} steps",
};
