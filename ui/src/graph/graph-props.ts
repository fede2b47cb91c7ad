/** What a graph is made of, for whoever draws it: on the page, or as a picture. */
import type { ReactNode } from "react";
import type { LayoutRequest } from "./layout.ts";

export interface GraphNode {
  id: string;
  label: string;
  /** Of its border. */
  color: string;
  content: ReactNode;
}

export interface GraphViewProps {
  label: string;
  request: LayoutRequest;
  nodes: readonly GraphNode[];
  groupLabel?: (id: string) => string;
  onCloseGroup?: (id: string) => void;
  /** Where an edge is to be told from the others. */
  edgeColor?: (from: string, to: string) => string | undefined;
  /** Is brought into view when it changes. */
  lookAt?: string | null;
  children?: ReactNode;
}
