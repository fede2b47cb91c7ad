/** Figures in few letters. */
import { numberText } from "./numbers.ts";

/** "12.3 %", "0.04 %"; of a share from 0 to 1. */
export function percentText(share: number | null | undefined, digits = 1): string {
  if (share === null || share === undefined) return "–";
  const percent = share * 100;
  const small = percent !== 0 && Math.abs(percent) < 0.1;
  return `${percent.toFixed(small ? 3 : Number.isInteger(percent) ? 0 : digits)} %`;
}

/** As many digits as matter to an eye: "0.267", "1.2e-5". */
export function shortText(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined) return "–";
  return numberText(Number(value.toPrecision(digits)));
}

/** "0.8 ms", "12 ms", "1.2 s". */
export function latencyText(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return "–";
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms < 10 ? ms.toPrecision(2) : Math.round(ms)} ms`;
}

/** "3.2 /s", "0.05 /s". */
export function rateText(perSecond: number | null | undefined): string {
  if (perSecond === null || perSecond === undefined) return "–";
  if (perSecond === 0) return "0 /s";
  return `${perSecond >= 100 ? Math.round(perSecond) : Number(perSecond.toPrecision(2))} /s`;
}
