/** A model's reference, as a link to its version where it names one. */
import { Link, paths } from "../../components/link.tsx";

export function ModelLink({ reference }: { reference: string }) {
  const match = /^models:\/+([^/@]+)(?:@([^/]+)|\/([^/]+))$/.exec(reference);
  const [, name, , version] = match ?? [];
  const text = <span className="font-mono text-xs break-all">{reference}</span>;
  if (name === undefined) return text;
  const isNumber = version !== undefined && /^\d+$/.test(version);
  return (
    <Link to={isNumber ? paths.modelVersion(name, Number(version)) : paths.model(name)} className="link">
      {text}
    </Link>
  );
}
