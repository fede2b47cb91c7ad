/** Code that is read: one text, or two beside each other with what differs. */
import { javascript } from "@codemirror/lang-javascript";
import { python } from "@codemirror/lang-python";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { MergeView } from "@codemirror/merge";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

const colors = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], color: "var(--ansi-5)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--ansi-2)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--ansi-3)" },
  { tag: [tags.comment], color: "var(--ink-faint)", fontStyle: "italic" },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName)], color: "var(--ansi-4)" },
  { tag: [tags.typeName, tags.className], color: "var(--ansi-6)" },
  { tag: tags.propertyName, color: "var(--ink)" },
]);

const look = EditorView.theme({
  "&": { height: "100%", fontSize: "12.5px", backgroundColor: "var(--surface)", color: "var(--ink)" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "1.6" },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--ink-faint)", border: "none" },
  ".cm-lineNumbers .cm-gutterElement": { padding: "0 12px 0 16px" },
  ".cm-changedLine": { backgroundColor: "color-mix(in oklch, var(--s-success) 14%, transparent) !important" },
  ".cm-merge-a .cm-changedLine, .cm-deletedChunk": {
    backgroundColor: "color-mix(in oklch, var(--s-failed) 14%, transparent) !important",
  },
  ".cm-collapsedLines": { background: "var(--sunken)", color: "var(--ink-soft)" },
  ".is-here": { backgroundColor: "var(--warn-soft)" },
});

function extensions(path: string, label: string): Extension[] {
  return [
    lineNumbers(),
    EditorState.readOnly.of(true),
    EditorView.editable.of(false),
    EditorView.contentAttributes.of({ tabindex: "0", "aria-label": label }),
    path.endsWith(".py") ? python() : javascript({ typescript: true, jsx: true }),
    syntaxHighlighting(colors),
    highlightSelectionMatches(),
    search({ top: true }),
    keymap.of(searchKeymap),
    look,
  ];
}

export function CodeView({ path, text, line }: { path: string; text: string; line: number | null }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (place.current === null) return;
    const view = new EditorView({ doc: text, extensions: extensions(path, path), parent: place.current });
    if (line !== null && line >= 1 && line <= view.state.doc.lines) {
      const { from } = view.state.doc.line(line);
      view.dispatch({
        selection: { anchor: from },
        effects: EditorView.scrollIntoView(from, { y: "center" }),
      });
      const { node } = view.domAtPos(from);
      (node instanceof HTMLElement ? node : node.parentElement)
        ?.closest(".cm-line")
        ?.classList.add("is-here");
    }
    return () => view.destroy();
  }, [path, text, line]);
  return <div ref={place} className="h-full overflow-hidden" />;
}

export function DiffView({ path, before, after }: { path: string; before: string; after: string }) {
  const { t } = useTranslation();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (place.current === null) return;
    const view = new MergeView({
      a: { doc: before, extensions: extensions(path, t("Before")) },
      b: { doc: after, extensions: extensions(path, t("After")) },
      parent: place.current,
      collapseUnchanged: { margin: 4, minSize: 8 },
      gutter: true,
    });
    return () => view.destroy();
  }, [path, before, after, t]);
  return <div ref={place} className="h-full overflow-auto" />;
}
