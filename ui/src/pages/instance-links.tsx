/** Where an operator or a plugin says that more is to be seen. */
import { useTranslation } from "react-i18next";
import type { InstanceDetail } from "../api/types.ts";
import { Icon } from "../components/icons.tsx";
import { hrefOf } from "../components/link.tsx";

/** Null for what a browser must not follow: an address of a script is none of a page. */
function safeAddress(url: string): { href: string; isOurs: boolean } | null {
  if (url.startsWith("/") && !url.startsWith("//")) return { href: hrefOf(url), isOurs: true };
  if (!URL.canParse(url)) return null;
  const { protocol, origin } = new URL(url);
  if (protocol !== "https:" && protocol !== "http:") return null;
  return { href: url, isOurs: origin === window.location.origin };
}

export function InstanceLinks({ instance }: { instance: InstanceDetail }) {
  const { t } = useTranslation();
  const links = instance.extraLinks.flatMap(({ name, url }) => {
    const safe = url === null ? null : safeAddress(url);
    return safe === null ? [] : [{ name, ...safe }];
  });
  if (links.length === 0) return null;
  return (
    <nav aria-label={t("Links")} className="flex flex-wrap gap-2">
      {links.map(({ name, href, isOurs }) => (
        <a
          key={name}
          href={href}
          {...(isOurs ? {} : { target: "_blank", rel: "noopener noreferrer" })}
          className="inline-flex h-7 items-center gap-1.5 rounded-md border border-line-strong bg-surface px-2.5 text-xs font-medium hover:bg-sunken"
        >
          <Icon name="external" size={13} />
          {name}
        </a>
      ))}
    </nav>
  );
}
