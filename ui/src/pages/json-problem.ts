import type { TFunction } from "i18next";

/** What keeps a text from being a JSON object; an empty one is an empty object. */
export function jsonProblem(text: string, t: TFunction): string | null {
  if (text.trim() === "") return null;
  try {
    const value = JSON.parse(text) as unknown;
    return value !== null && typeof value === "object" && !Array.isArray(value)
      ? null
      : t("Expected a JSON object");
  } catch (error) {
    return (error as Error).message;
  }
}
