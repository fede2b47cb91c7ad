/** Times of day by the wall clock of a zone. */
import { TradewindError } from "../../errors.ts";
import { TemplateDate } from "../template-date.ts";

/** "HH:MM" or "HH:MM:SS". */
export function isTimeOfDay(text: string): boolean {
  return /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/.test(text);
}

/** That time on the day of `at`, by the wall clock of its zone. */
export function timeOfDayOn(at: TemplateDate, time: string): TemplateDate {
  if (!isTimeOfDay(time))
    throw new TradewindError("TW_OPTION_INVALID", `expected a time of day such as "10:30", got "${time}"`);
  const [hours = 0, minutes = 0, seconds = 0] = time.split(":").map(Number);
  const wall = Date.UTC(at.year, at.month - 1, at.day, hours, minutes, seconds);
  return at.zone === "UTC" ? new TemplateDate(wall) : TemplateDate.fromWall(wall, at.zone);
}
