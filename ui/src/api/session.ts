/** Who is signed in and what they may do. */
import { useQuery } from "@tanstack/react-query";
import { get } from "./client.ts";
import type { Session } from "./types.ts";

export type { Session };

export function useSession() {
  return useQuery({
    queryKey: ["session"],
    queryFn: ({ signal }) => get<Session>("/ui/session", {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export type Action = "read" | "create" | "edit" | "delete";

/** Whether the signed-in user may do it on some Dag; the server decides again on each request. */
export function useMay(): (action: Action, resource: string) => boolean {
  const { data } = useSession();
  return (action, resource) => data?.permissions[resource]?.includes(action) ?? false;
}
