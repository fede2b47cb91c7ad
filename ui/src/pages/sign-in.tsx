import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, change } from "../api/client.ts";
import type { Session } from "../api/session.ts";
import { Button } from "../components/button.tsx";
import { Field } from "../components/field.tsx";

export function SignIn({ session }: { session: Session }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const here = window.location.pathname + window.location.search;
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setError(null);
    try {
      await change("POST", "/auth/login", { username: form.get("username"), password: form.get("password") });
      await client.resetQueries();
    } catch (failure) {
      const wrong = failure instanceof ApiError && failure.status === 401;
      setError(wrong ? t("The name or the password is not right.") : (failure as Error).message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <main className="flex min-h-full items-center justify-center p-4">
      <form onSubmit={(event) => void submit(event)} className="card w-full max-w-sm p-6 shadow-float">
        <h1 className="text-lg font-semibold tracking-tight">{session.instanceName}</h1>
        <p className="mb-5 text-soft">{t("Sign in to see what runs.")}</p>
        <div className="flex flex-col gap-3">
          <Field label={t("User name")}>
            {(id) => (
              <input
                id={id}
                name="username"
                autoComplete="username"
                autoFocus
                required
                className="field h-9"
              />
            )}
          </Field>
          <Field label={t("Password")} error={error}>
            {(id) => (
              <input
                id={id}
                name="password"
                type="password"
                autoComplete="current-password"
                required
                className="field h-9"
              />
            )}
          </Field>
          <Button kind="primary" type="submit" disabled={busy} className="mt-1 h-9">
            {t("Sign in")}
          </Button>
          {session.openId === null ? null : (
            <a href={`${session.openId.url}?next=${encodeURIComponent(here)}`} className="link text-center">
              {t("Sign in with {{name}}", { name: session.openId.name })}
            </a>
          )}
        </div>
        <p className="mt-5 text-xs text-faint">
          {t(
            "The first start printed the password of the user admin; `tradewind users reset-password` makes a new one.",
          )}
        </p>
      </form>
    </main>
  );
}
