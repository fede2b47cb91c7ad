/** Widths that the heads of the grid and its rows share, in pixels. */
export const cellWidth = 20;
