/** An object with the property, or without it where the value is undefined: for optional fields of what is serialized. */
export function given<Name extends string, T>(name: Name, value: T | undefined): { [K in Name]?: T } {
  return value === undefined ? {} : ({ [name]: value } as { [K in Name]: T });
}
