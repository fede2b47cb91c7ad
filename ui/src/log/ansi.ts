/** Text with ANSI colours as pieces to draw. What is no colour (a cursor moved, a title set) is left out. */

export interface Piece {
  text: string;
  /** One of the 16 colours, by its number; null is the text's own. */
  color: number | null;
  bold: boolean;
  dim: boolean;
}

// oxlint-disable-next-line no-control-regex -- the very characters that this is about
const escapes = /\u001b(?:\[([0-9;]*)([A-Za-z])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;
// oxlint-disable-next-line no-control-regex -- drawn as nothing, and nothing is lost by it
const controls = /[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f]/g;

export function pieces(text: string): Piece[] {
  if (!text.includes("\u001b"))
    return [{ text: text.replace(controls, ""), color: null, bold: false, dim: false }];
  const found: Piece[] = [];
  let style: Omit<Piece, "text"> = { color: null, bold: false, dim: false };
  let from = 0;
  const add = (to: number): void => {
    const part = text.slice(from, to).replace(controls, "");
    if (part !== "") found.push({ text: part, ...style });
  };
  for (const match of text.matchAll(escapes)) {
    add(match.index);
    from = match.index + match[0].length;
    if (match[2] === "m") style = restyled(style, match[1] ?? "");
  }
  add(text.length);
  return found;
}

function restyled(style: Omit<Piece, "text">, codes: string): Omit<Piece, "text"> {
  let next = style;
  const list = codes === "" ? [0] : codes.split(";").map(Number);
  for (let index = 0; index < list.length; index++) {
    const code = list[index] as number;
    if (code === 0) next = { color: null, bold: false, dim: false };
    else if (code === 1) next = { ...next, bold: true };
    else if (code === 2) next = { ...next, dim: true };
    else if (code === 22) next = { ...next, bold: false, dim: false };
    else if (code >= 30 && code <= 37) next = { ...next, color: code - 30 };
    else if (code >= 90 && code <= 97) next = { ...next, color: code - 82 };
    else if (code === 39) next = { ...next, color: null };
    // 256 and 16 million colours: their arguments are passed over.
    else if (code === 38 || code === 48) index += list[index + 1] === 5 ? 2 : 4;
  }
  return next;
}

export const plainText = (text: string): string =>
  pieces(text)
    .map((piece) => piece.text)
    .join("");
