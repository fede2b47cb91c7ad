/** What needs a person now, and whether everything is well. */
import { useTranslation } from "react-i18next";
import { useHome } from "../../api/queries.ts";
import { Loaded, Page } from "../../components/page.tsx";
import { Attention } from "./attention.tsx";
import { Favorites } from "./favorites.tsx";
import { Health } from "./health.tsx";
import { Numbers } from "./numbers.tsx";
import { Pools } from "./pools.tsx";
import { Recent } from "./recent.tsx";
import { Upcoming } from "./upcoming.tsx";

export function View() {
  const { t } = useTranslation();
  return (
    <Page title={t("Home")}>
      <Loaded query={useHome()}>
        {(home) => (
          <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
            <div className="flex min-w-0 flex-col gap-4">
              <Numbers home={home} />
              <Attention home={home} />
              <Favorites />
              <Recent home={home} />
            </div>
            <div className="flex min-w-0 flex-col gap-4">
              <Health parts={home.health} />
              <Pools home={home} />
              <Upcoming home={home} />
            </div>
          </div>
        )}
      </Loaded>
    </Page>
  );
}
