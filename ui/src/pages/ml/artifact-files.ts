/** Where artifacts are on the server. */
import { addressOf } from "../../api/client.ts";

export interface ArtifactFile {
  /** Relative to the folder that was asked for. */
  path: string;
  is_dir: boolean;
  file_size?: number;
}

const encoded = (path: string): string => path.split("/").map(encodeURIComponent).join("/");

export const fileAddress = (place: string): string =>
  addressOf(`/ajax-api/2.0/mlflow-artifacts/artifacts/${encoded(place)}`);
export const pageAddress = (place: string): string =>
  addressOf("/ui/tracking/artifact-page", { path: place });
