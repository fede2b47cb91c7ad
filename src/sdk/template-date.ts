/** Dates and durations inside templates: what `logical_date` and `macros.timedelta` are, with pendulum's names. */

const dayMs = 86_400_000;
const shortDays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const longDays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const longMonths = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

export interface DeltaFields {
  years?: number;
  months?: number;
  weeks?: number;
  days?: number;
  hours?: number;
  minutes?: number;
  seconds?: number;
  microseconds?: number;
  milliseconds?: number;
}

export class TemplateDelta {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
  static of(fields: DeltaFields): TemplateDelta {
    const {
      weeks = 0,
      days = 0,
      hours = 0,
      minutes = 0,
      seconds = 0,
      milliseconds = 0,
      microseconds = 0,
    } = fields;
    const whole = ((weeks * 7 + days) * 24 + hours) * 60 + minutes;
    return new TemplateDelta((whole * 60 + seconds) * 1000 + milliseconds + microseconds / 1000);
  }
  get days(): number {
    return Math.floor(this.ms / dayMs);
  }
  get seconds(): number {
    return Math.floor((this.ms - this.days * dayMs) / 1000);
  }
  total_seconds(): number {
    return this.ms / 1000;
  }
  toString(): string {
    const days = this.days;
    const rest = this.seconds;
    const clock = `${Math.floor(rest / 3600)}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}`;
    return days === 0 ? clock : `${days} day${Math.abs(days) === 1 ? "" : "s"}, ${clock}`;
  }
}

/** An instant seen in a time zone (UTC unless told), like pendulum's DateTime. Immutable. */
export class TemplateDate {
  readonly ms: number;
  readonly zone: string;
  readonly #offsetMs: number;
  /** The wall clock as the UTC fields of a Date. */
  readonly #wall: Date;

  constructor(ms: number, zone = "UTC") {
    this.ms = ms;
    this.zone = zone;
    this.#offsetMs = zone === "UTC" ? 0 : zoneOffsetMs(ms, zone);
    this.#wall = new Date(ms + this.#offsetMs);
  }

  static parse(text: string, zone = "UTC"): TemplateDate {
    const hasZone = /(Z|[+-]\d\d:?\d\d)$/i.test(text);
    const iso = text.trim().replace(" ", "T");
    const ms = Date.parse(hasZone ? iso : iso.includes("T") ? `${iso}Z` : `${iso}T00:00:00Z`);
    if (Number.isNaN(ms))
      throw new RangeError(`expected a date such as 2024-01-31 or 2024-01-31T12:00:00+00:00, got "${text}"`);
    return hasZone || zone === "UTC" ? new TemplateDate(ms, zone) : TemplateDate.fromWall(ms, zone);
  }

  /** From a wall-clock reading (as UTC fields) in a zone. */
  static fromWall(wallMs: number, zone: string): TemplateDate {
    const guess = wallMs - zoneOffsetMs(wallMs, zone);
    return new TemplateDate(wallMs - zoneOffsetMs(guess, zone), zone);
  }

  get year(): number {
    return this.#wall.getUTCFullYear();
  }
  get month(): number {
    return this.#wall.getUTCMonth() + 1;
  }
  get day(): number {
    return this.#wall.getUTCDate();
  }
  get hour(): number {
    return this.#wall.getUTCHours();
  }
  get minute(): number {
    return this.#wall.getUTCMinutes();
  }
  get second(): number {
    return this.#wall.getUTCSeconds();
  }
  get microsecond(): number {
    return this.#wall.getUTCMilliseconds() * 1000;
  }
  /** Monday is 0. */
  get day_of_week(): number {
    return (this.#wall.getUTCDay() + 6) % 7;
  }
  get day_of_year(): number {
    return (
      Math.floor((Date.UTC(this.year, this.month - 1, this.day) - Date.UTC(this.year, 0, 1)) / dayMs) + 1
    );
  }
  get quarter(): number {
    return Math.ceil(this.month / 3);
  }
  get int_timestamp(): number {
    return Math.floor(this.ms / 1000);
  }
  get timezone_name(): string {
    return this.zone;
  }
  weekday(): number {
    return this.day_of_week;
  }
  isoweekday(): number {
    return this.day_of_week + 1;
  }
  timestamp(): number {
    return this.ms / 1000;
  }
  date(): TemplateDateOnly {
    return new TemplateDateOnly(Date.UTC(this.year, this.month - 1, this.day));
  }
  add(fields: DeltaFields): TemplateDate {
    const { years = 0, months = 0 } = fields;
    const wall =
      years || months ? addMonths(this.#wall.getTime(), years * 12 + months) : this.#wall.getTime();
    const { weeks = 0, days = 0, ...rest } = fields;
    // Calendar days keep the wall clock over a change of offset; hours and less are elapsed time.
    const moved = wall + (weeks * 7 + days) * dayMs;
    const base = this.zone === "UTC" ? new TemplateDate(moved) : TemplateDate.fromWall(moved, this.zone);
    return new TemplateDate(base.ms + TemplateDelta.of(rest).ms, this.zone);
  }
  subtract(fields: DeltaFields): TemplateDate {
    return this.add(
      Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, -Number(value)])),
    );
  }
  start_of(unit: "day" | "month" | "year" | "hour" | "week"): TemplateDate {
    const day = Date.UTC(this.year, this.month - 1, this.day);
    const wall = {
      hour: day + this.hour * 3_600_000,
      day,
      week: day - this.day_of_week * dayMs,
      month: Date.UTC(this.year, this.month - 1, 1),
      year: Date.UTC(this.year, 0, 1),
    }[unit];
    return this.zone === "UTC" ? new TemplateDate(wall) : TemplateDate.fromWall(wall, this.zone);
  }
  in_timezone(zone: string): TemplateDate {
    return new TemplateDate(this.ms, zone);
  }
  astimezone(zone: string): TemplateDate {
    return this.in_timezone(zone);
  }
  to_date_string(): string {
    return `${String(this.year).padStart(4, "0")}-${two(this.month)}-${two(this.day)}`;
  }
  to_datetime_string(): string {
    return `${this.to_date_string()} ${this.to_time_string()}`;
  }
  to_time_string(): string {
    return `${two(this.hour)}:${two(this.minute)}:${two(this.second)}`;
  }
  isoformat(separator = "T"): string {
    const fraction = this.microsecond === 0 ? "" : `.${String(this.microsecond).padStart(6, "0")}`;
    return `${this.to_date_string()}${separator}${this.to_time_string()}${fraction}${this.offset(":")}`;
  }
  to_iso8601_string(): string {
    return this.isoformat().replace("+00:00", "Z");
  }
  offset(separator: string): string {
    const minutes = Math.round(this.#offsetMs / 60_000);
    const size = Math.abs(minutes);
    return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}${separator}${two(size % 60)}`;
  }
  strftime(format: string): string {
    return format.replace(/%(-?)([a-zA-Z%])/g, (whole, bare: string, letter: string) => {
      const text = this.#directive(letter);
      return text === undefined ? whole : bare ? text.replace(/^0+(?=\d)/, "") : text;
    });
  }
  toString(): string {
    return this.isoformat(" ");
  }

  // eslint-disable-next-line complexity -- one line for each directive of C's strftime
  #directive(letter: string): string | undefined {
    switch (letter) {
      case "Y":
        return String(this.year).padStart(4, "0");
      case "y":
        return two(this.year % 100);
      case "m":
        return two(this.month);
      case "d":
        return two(this.day);
      case "H":
        return two(this.hour);
      case "I":
        return two(this.hour % 12 || 12);
      case "M":
        return two(this.minute);
      case "S":
        return two(this.second);
      case "f":
        return String(this.microsecond).padStart(6, "0");
      case "j":
        return String(this.day_of_year).padStart(3, "0");
      case "p":
        return this.hour < 12 ? "AM" : "PM";
      case "a":
        return shortDays[this.day_of_week];
      case "A":
        return longDays[this.day_of_week];
      case "b":
        return longMonths[this.month - 1]?.slice(0, 3);
      case "B":
        return longMonths[this.month - 1];
      case "w":
        return String((this.day_of_week + 1) % 7);
      case "u":
        return String(this.day_of_week + 1);
      case "V":
        return two(isoWeek(this.#wall));
      case "z":
        return this.offset("");
      case "Z":
        return this.zone;
      case "s":
        return String(this.int_timestamp);
      case "F":
        return this.to_date_string();
      case "T":
        return this.to_time_string();
      case "%":
        return "%";
      default:
        return undefined;
    }
  }
}

/** A calendar day, as `logical_date.date()` gives it. */
export class TemplateDateOnly extends TemplateDate {
  override isoformat(): string {
    return this.to_date_string();
  }
  override toString(): string {
    return this.to_date_string();
  }
}

/** `strptime` for the directives Y m d H M S f y b B j z, and literal text. */
export function parseWithFormat(text: string, format: string): TemplateDate {
  const fields: { [letter: string]: string } = {};
  const letters: string[] = [];
  const patterns: { [letter: string]: string } = {
    Y: "(\\d{4})",
    y: "(\\d{2})",
    m: "(\\d{1,2})",
    d: "(\\d{1,2})",
    H: "(\\d{1,2})",
    M: "(\\d{1,2})",
    S: "(\\d{1,2})",
    f: "(\\d{1,6})",
    j: "(\\d{1,3})",
    b: "([A-Za-z]{3})",
    B: "([A-Za-z]+)",
    z: "(Z|[+-]\\d{2}:?\\d{2})",
  };
  const source = format.replace(
    /%(.)|([.*+?^${}()|[\]\\])/g,
    (_, letter: string | undefined, special: string) => {
      if (letter === undefined) return `\\${special}`;
      if (letter === "%") return "%";
      if (!patterns[letter])
        throw new RangeError(`expected a date format of %Y %m %d %H %M %S %f %y %j %b %B %z, got %${letter}`);
      letters.push(letter);
      return patterns[letter];
    },
  );
  const match = new RegExp(`^${source}$`).exec(text);
  if (!match) throw new RangeError(`expected a date in the format "${format}", got "${text}"`);
  letters.forEach((letter, index) => {
    fields[letter] = match[index + 1] ?? "";
  });
  return fromFields(fields);
}

function fromFields(fields: { [letter: string]: string }): TemplateDate {
  const name = fields["b"] ?? fields["B"]?.slice(0, 3);
  const named =
    name === undefined
      ? -1
      : longMonths.findIndex((month) => month.slice(0, 3).toLowerCase() === name.toLowerCase());
  const month = named >= 0 ? named : Number(fields["m"] ?? 1) - 1;
  const year = fields["Y"] ? Number(fields["Y"]) : fields["y"] ? shortYear(Number(fields["y"])) : 1900;
  const day = fields["j"] ? Number(fields["j"]) : Number(fields["d"] ?? 1);
  const wall = Date.UTC(
    year,
    fields["j"] ? 0 : month,
    day,
    Number(fields["H"] ?? 0),
    Number(fields["M"] ?? 0),
    Number(fields["S"] ?? 0),
  );
  const zone = fields["z"];
  const shift =
    !zone || zone === "Z"
      ? 0
      : (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))) * (zone.startsWith("-") ? -1 : 1);
  return new TemplateDate(wall + Number((fields["f"] ?? "0").padEnd(6, "0")) / 1000 - shift * 60_000);
}

function shortYear(year: number): number {
  return year < 69 ? 2000 + year : 1900 + year;
}

function addMonths(wallMs: number, months: number): number {
  const date = new Date(wallMs);
  const target = date.getUTCFullYear() * 12 + date.getUTCMonth() + months;
  const last = new Date(Date.UTC(Math.floor(target / 12), (target % 12) + 1, 0)).getUTCDate();
  const day = Math.min(date.getUTCDate(), last);
  return Date.UTC(Math.floor(target / 12), target % 12, day) + (((wallMs % dayMs) + dayMs) % dayMs);
}

function isoWeek(wall: Date): number {
  const thursday = new Date(wall.getTime() + (3 - ((wall.getUTCDay() + 6) % 7)) * dayMs);
  return Math.floor((thursday.getTime() - Date.UTC(thursday.getUTCFullYear(), 0, 1)) / dayMs / 7) + 1;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Offset of a zone at an instant, in ms, from the wall clock that Intl shows. */
function zoneOffsetMs(ms: number, zone: string): number {
  if (zone === "UTC") return 0;
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formats.set(zone, format);
  }
  const part: { [name: string]: number } = {};
  for (const { type, value } of format.formatToParts(ms)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
