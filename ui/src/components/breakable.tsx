import { Fragment } from "react";

/** Runs end in a date, an hour, and letters of their own: they break before those. */
const partsOfRun = /(?<=__|T(?=\d\d:)|_(?=\w{8}$))/;
const partsOfName = /(?<=[_./-](?![_./-]))/;

function Parts({ parts }: { parts: readonly string[] }) {
  return parts.map((part, index) => (
    <Fragment key={index}>
      {index === 0 ? null : <wbr />}
      {part}
    </Fragment>
  ));
}

/** A name of a Dag or a task: where there is little room it breaks between its words, and not within them. */
export function Breakable({ name }: { name: string }) {
  return <Parts parts={name.split(partsOfName)} />;
}

export function RunId({ id }: { id: string }) {
  return (
    <span className="font-mono text-xs break-words">
      <Parts parts={id.split(partsOfRun)} />
    </span>
  );
}
