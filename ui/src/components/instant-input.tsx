/** Fields for a date and a time. A browser's own knows no zone: what is typed is read on the clock of the chosen one. */
import { useTimezone } from "./preferences.ts";
import { instantIn, wallText } from "./zoned-time.ts";

/** `at` is null while nothing is chosen. */
export function InstantInput({
  at,
  onChange,
  id,
  name,
  label,
  className = "field",
}: {
  at: number | null;
  onChange: (at: number | null) => void;
  id?: string;
  name?: string;
  label?: string;
  className?: string;
}) {
  const zone = useTimezone();
  return (
    <input
      id={id}
      name={name}
      aria-label={label}
      type="datetime-local"
      title={zone}
      step={at !== null && at % 60_000 !== 0 ? 1 : undefined}
      value={at === null ? "" : wallText(zone, at)}
      onChange={(event) => onChange(instantIn(zone, event.target.value))}
      className={className}
    />
  );
}
