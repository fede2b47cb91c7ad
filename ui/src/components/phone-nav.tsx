/** The navigation at the foot of a phone: a group is one item, which opens what is in it. */
import { useTranslation } from "react-i18next";
import { Icon } from "./icons.tsx";
import { Link, useGo, usePath } from "./link.tsx";
import { Menu, MenuItem } from "./menu.tsx";
import { type PlaceGroup, usePlaces } from "./places.tsx";

const shape = "flex min-w-0 flex-1 flex-col items-center gap-0.5 py-1.5 text-2xs font-medium";
const look = (here: boolean): string => `${shape} ${here ? "text-accent-text" : "text-soft"}`;

export function PhoneNav() {
  const { t } = useTranslation();
  const path = usePath();
  const { first, groups, last } = usePlaces();
  const links = (places: typeof first) =>
    places.map(({ to, label, icon, match }) => {
      const here = match.test(path);
      return (
        <Link key={to} to={to} aria-current={here ? "page" : undefined} className={look(here)}>
          <Icon name={icon} size={19} />
          <span className="max-w-full truncate">{label}</span>
        </Link>
      );
    });
  return (
    <nav
      aria-label={t("Main")}
      className="flex shrink-0 border-t bg-surface pb-[env(safe-area-inset-bottom)] sm:hidden"
    >
      {links(first)}
      {groups.map((group) => (
        <Group key={group.label} group={group} path={path} />
      ))}
      {links(last)}
    </nav>
  );
}

function Group({ group, path }: { group: PlaceGroup; path: string }) {
  const go = useGo();
  const here = group.places.some(({ match }) => match.test(path));
  return (
    <Menu
      trigger={
        <button type="button" className={look(here)}>
          <Icon name={group.icon} size={19} />
          <span aria-hidden="true">{group.short}</span>
          <span className="sr-only">{group.label}</span>
        </button>
      }
    >
      {group.places.map(({ to, label, icon }) => (
        <MenuItem key={to} icon={icon} onSelect={() => go(to)}>
          {label}
        </MenuItem>
      ))}
    </Menu>
  );
}
