/** Values that stand in many schemas. */
import { z } from "zod";
import { parseInstant } from "../instants.ts";

/** Whatever JSON can hold. */
export const AnyJson = z.any().meta({ id: "JsonValue" });

/** An instant as answers write it: ISO 8601, UTC. */
export const DateTime = z.string().meta({ format: "date-time" });

/** ISO 8601, as in PT1H30M. */
export const Duration = z.string().meta({ format: "duration" });

/** An instant as requests give it; read as milliseconds since the epoch, UTC where no offset is given. */
export const Instant = z
  .string()
  .meta({ format: "date-time" })
  .transform((text, context) => {
    const instant = parseInstant(text);
    if (instant !== null) return instant;
    context.issues.push({
      code: "invalid_format",
      format: "datetime",
      input: text,
      message: "Input should be a valid datetime or date",
    });
    return z.NEVER;
  });

/** A day, as 2026-01-31; read as the milliseconds of its first instant in UTC. */
export const Day = z.iso.date().transform((text) => Date.parse(`${text}T00:00:00Z`));
