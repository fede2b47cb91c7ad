import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "./styles.css";
import { ApiError, whenSignedOut } from "./api/client.ts";
import { followHash } from "./components/hash-links.ts";
import { keepTheme } from "./components/preferences.ts";
import { startLanguage } from "./i18n/index.ts";
import { router } from "./router.tsx";

keepTheme();
followHash();

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchOnWindowFocus: true,
      // An answer is an answer; only what did not arrive is asked for again.
      retry: (count, error) => !(error instanceof ApiError && error.status < 500) && count < 2,
    },
  },
});

// Who looks comes with the document: the first view need not wait for that answer.
const session = document.querySelector<HTMLMetaElement>('meta[name="session"]')?.content ?? "";
if (session !== "") client.setQueryData(["session"], JSON.parse(session));

whenSignedOut(() => void client.invalidateQueries({ queryKey: ["session"] }));

await startLanguage();
createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
