import { useTranslation } from "react-i18next";
import { setFavorite } from "../api/actions.ts";
import { useAct } from "../api/queries.ts";
import { IconButton } from "../components/button.tsx";

/** The star of a Dag, filled where the person marked it. */
export function FavoriteButton({ dagId, isFavorite }: { dagId: string; isFavorite: boolean }) {
  const { t } = useTranslation();
  const favorite = useAct(() => setFavorite(dagId, !isFavorite));
  return (
    <IconButton
      icon="star"
      filled={isFavorite}
      aria-pressed={isFavorite}
      className={isFavorite ? "text-[var(--s-up_for_retry)]" : ""}
      label={isFavorite ? t("No favourite any more") : t("Make it a favourite")}
      onClick={() => favorite.mutate(undefined)}
    />
  );
}
