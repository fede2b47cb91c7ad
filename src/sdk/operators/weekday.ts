/** Days of the week by name. */
import { option } from "../options.ts";
import { TemplateDate } from "../template-date.ts";

const names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;

type Lower = (typeof names)[number];
export type Weekday = Lower | Uppercase<Lower> | Capitalize<Lower>;
export type Weekdays = Weekday | readonly Weekday[];

export const weekdayRule = option.that(
  'a day such as "Monday", or an array of days',
  (value) => {
    const days = [value].flat();
    return (
      days.length > 0 &&
      days.every((day) => typeof day === "string" && names.includes(day.toLowerCase() as Lower))
    );
  },
  { required: true },
);

export function isWeekday(days: Weekdays, at: Date, zone: string): boolean {
  const today = names[new TemplateDate(at.getTime(), zone).day_of_week];
  return [days].flat().some((day) => (day as string).toLowerCase() === today);
}
