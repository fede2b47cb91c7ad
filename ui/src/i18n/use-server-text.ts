/** The server's sentences for views: states and dates in them are those of the page. */
import i18n from "i18next";
import { useTranslation } from "react-i18next";
import { useFormat } from "../components/time.tsx";
import { type Fill, serverText, withInstants } from "./server-text.ts";

export function useServerText(): (text: string) => string {
  // The language is what makes a view draw itself again.
  useTranslation();
  const format = useFormat();
  const word = (text: string): string => {
    const known = serverText(text);
    return known === text ? i18n.t(text.replaceAll("_", " ")) : known;
  };
  const fill: Fill = (hole, text) => {
    if (hole === "state") return word(text);
    if (hole === "states") return text.replace(/[a-z_]+(?: [a-z_]+)*/g, word);
    if (hole === "date" && !Number.isNaN(Date.parse(text))) return format(Date.parse(text), "full");
    return text;
  };
  return (text) => withInstants(serverText(text, fill), (at) => format(at, "full"));
}
