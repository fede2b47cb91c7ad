/** Where the sign-in led from: a link that somebody opened, or the first page. */
import { useEffect } from "react";
import { basePath } from "../api/client.ts";
import { paths, useAddress, useGo } from "../components/link.tsx";

export function View() {
  const go = useGo();
  const [{ next }] = useAddress();
  useEffect(() => go(ownPath(next), { replace: true }), [go, next]);
  return null;
}

/** Only a path of the page itself: anything else would be a way to lead people elsewhere. */
function ownPath(next: string | undefined): string {
  if (next === undefined || !next.startsWith(basePath) || /^[\\/]{2}|\\/.test(next)) return paths.home;
  return `/${next.slice(basePath.length)}`;
}
