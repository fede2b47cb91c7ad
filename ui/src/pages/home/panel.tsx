import type { ReactNode } from "react";

/** A part of the first page. */
export function Panel({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className="card min-w-0">
      <div className="flex items-baseline gap-3 px-4 pt-3 pb-2">
        <h2 className="font-semibold">{title}</h2>
        <span className="ml-auto text-xs text-faint">{aside}</span>
      </div>
      {children}
    </section>
  );
}
