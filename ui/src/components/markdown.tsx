/** Markdown that people wrote: as elements, never as HTML; what is HTML in it is shown as text. */
import { Markdown } from "markdown-to-jsx";

export function MarkdownText({ text }: { text: string }) {
  return (
    <div className="prose-md">
      <Markdown
        options={{
          disableParsingRawHTML: true,
          forceBlock: true,
          overrides: { a: { props: { target: "_blank", rel: "noreferrer noopener" } } },
        }}
      >
        {text}
      </Markdown>
    </div>
  );
}
